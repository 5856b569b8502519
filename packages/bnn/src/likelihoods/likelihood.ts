/** @file What likelihoods have in common: the data site, its scale under mini-batches, errors and log-likelihoods. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { handlers, plate, sample } from '@tychejs/ppl';
import type { dist } from '@tychejs/ppl';
import type { ReductionOptions } from './reduction.ts';
import { reduce } from './reduction.ts';

type Distribution = dist.Distribution;

/** What the unknowns of a likelihood are in one run, by name; for most there are none. */
export type LatentValues = Readonly<Record<string, Tensor>>;

export interface LikelihoodOptions {
  /** Number of data in all: with mini-batches, log-likelihoods are scaled up to it. By default what `fit` is given. */
  readonly datasetSize?: number;
  /** How many of the rightmost dimensions of the targets make up one datum. */
  readonly eventDim?: number;
}

/** The keys of {@link LikelihoodOptions}. */
export const LIKELIHOOD_KEYS: readonly string[] = ['datasetSize', 'eventDim'];

/** Keeps the names of sites in one place. */
export const SITE = 'likelihood';

/**
 * How targets are distributed around what a network predicts.
 *
 * `P` is what the likelihood makes of the network's output: the output itself, or something like `{ mean, scale }`.
 */
export abstract class Likelihood<P> {
  /** Number of data in all; may be set anew, for another task. */
  datasetSize: number | undefined;
  readonly eventDim: number;
  /** `likelihoods.categorical`, for error messages. */
  protected readonly where: string;

  protected constructor(where: string, { datasetSize, eventDim }: LikelihoodOptions, defaultEventDim: number) {
    if (datasetSize !== undefined && !(Number.isInteger(datasetSize) && datasetSize > 0)) {
      throw new RangeError(`${where}: datasetSize must be a positive integer, got ${datasetSize}`);
    }
    if (eventDim !== undefined && !(Number.isInteger(eventDim) && eventDim >= 0)) {
      throw new RangeError(`${where}: eventDim must be 0, 1, 2, ..., got ${eventDim}`);
    }
    this.where = where;
    this.datasetSize = datasetSize;
    this.eventDim = eventDim ?? defaultEventDim;
  }

  /** The shape that targets must have, for predictions of one run. */
  protected abstract targetShape(predictions: P): readonly number[];

  /** The targets as the distribution takes them. @throws Error for values that can be no targets. */
  protected abstract readTargets(targets: Tensor, predictions: P): Tensor;

  /** How far off predictions are, elementwise, in the shape of the targets. */
  protected abstract elementwiseError(predictions: P, targets: Tensor): Tensor;

  /** A distribution for each element of the targets. */
  protected abstract elementwise(predictions: P): Distribution;

  /** Predictions as this likelihood has them; a tensor is taken to be a network's output. */
  protected abstract read(predictions: P | Tensor): P;

  /** What is said of targets whose shape does not fit. */
  protected abstract shapeAdvice(predictions: P, targets: readonly number[]): string;

  /** What the likelihood makes of the network's output, of shape `[batch, ...]`. */
  abstract predictionsFrom(output: Tensor, latents: LatentValues): P;

  /** Predictions of several runs as one, with the runs along a new first dimension. */
  abstract stack(predictions: readonly P[]): P;

  /**
   * One prediction for many: the mixture, in equal parts, of what they predict, or the nearest to it that predictions of
   * this kind can say.
   *
   * @param axis - along which the many lie; 0 by default.
   */
  abstract aggregatePredictions(predictions: P | Tensor, axis?: number): P;

  /** Samples the unknowns, if there are any: statements of a model. */
  sampleLatents(): LatentValues {
    return {};
  }

  /** The distribution of the targets: a batch of data, each of the last `eventDim` dimensions. */
  predictiveDistribution(predictions: P | Tensor): Distribution {
    const elementwise = this.elementwise(this.read(predictions));
    this.checkEventDim(elementwise.batchShape);
    return elementwise.toEvent(this.eventDim);
  }

  /** Draws targets. @returns shape `sampleShape` + that of targets. */
  sample(predictions: P | Tensor, sampleShape: readonly number[] = []): Tensor {
    return this.predictiveDistribution(predictions).sample(sampleShape);
  }

  /** Log-likelihoods of the targets: for each datum, or reduced. @throws Error when the targets' shape does not fit. */
  logLikelihood(predictions: P | Tensor, targets: Tensor, options: ReductionOptions = {}): Tensor {
    return tf.tidy(() => {
      const read = this.read(predictions);
      const logProb = this.predictiveDistribution(read).logProb(this.checkedTargets(read, targets));
      return tf.clone(reduce(`${this.where}.logLikelihood`, logProb, options));
    });
  }

  /**
   * How far off predictions are, summed over each datum's dimensions: squared distance, or 1 for a wrong class. For each
   * datum, or reduced.
   *
   * @throws Error when the targets' shape does not fit.
   */
  error(predictions: P | Tensor, targets: Tensor, options: ReductionOptions = {}): Tensor {
    return tf.tidy(() => {
      const read = this.read(predictions);
      const elements = this.elementwiseError(read, this.checkedTargets(read, targets));
      const axes = Array.from({ length: this.eventDim }, (_, i) => elements.rank - 1 - i);
      const errors = axes.length === 0 ? elements : tf.sum(elements, axes);
      return tf.clone(reduce(`${this.where}.error`, errors, options));
    });
  }

  /**
   * The data site, `likelihood.data`: a statement of a model. Its first dimension is that of the data; the log-likelihood
   * is multiplied by the number of data over the number here.
   *
   * @param targets - what was observed; `null` draws instead.
   * @param datasetSize - used if this likelihood was given none; by default the number of data here.
   */
  observe(predictions: P, targets: Tensor | null, datasetSize?: number): Tensor {
    const obs = targets === null ? null : this.checkedTargets(predictions, targets);
    const distribution = this.predictiveDistribution(predictions);
    const statement = (): Tensor => sample(`${SITE}.data`, distribution, { obs });
    const [count] = distribution.batchShape;
    const total = this.datasetSize ?? datasetSize ?? count ?? 1;
    if (count === undefined) return handlers.scale({ scale: total }).run(statement);
    if (total < count) {
      throw new Error(`${this.where}: datasetSize is ${total}, but there are ${count} data in this batch alone`);
    }
    const subsample = total === count ? {} : { subsample: Int32Array.from({ length: count }, (_, i) => i) };
    return plate(`${SITE}.plate`, total, { dim: -distribution.batchShape.length, ...subsample }, statement);
  }

  private checkedTargets(predictions: P, targets: Tensor): Tensor {
    if (!(targets instanceof tf.Tensor)) throw new TypeError(`${this.where}: targets must be a tensor, got ${typeof targets}`);
    const expected = this.targetShape(predictions);
    this.checkEventDim(expected);
    if (expected.join() !== targets.shape.join()) {
      throw new Error(
        `${this.where}: the net's output asks for targets of shape [${expected.join(', ')}], but they have ` +
          `[${targets.shape.join(', ')}] (eventDim is ${this.eventDim}). ${this.shapeAdvice(predictions, targets.shape)}`,
      );
    }
    return this.readTargets(targets, predictions);
  }

  private checkEventDim(shape: readonly number[]): void {
    if (shape.length >= this.eventDim) return;
    throw new Error(
      `${this.where}: eventDim is ${this.eventDim}, but the net's output asks for targets of shape [${shape.join(', ')}] only; lower eventDim`,
    );
  }
}
