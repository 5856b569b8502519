/** @file Laplace's approximation for the last layer of a network that was trained. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { RandomStream, breathe, canReadSynchronously, checkOptions, progressSink, randomStream, writeFolder } from '@tychejs/ppl';
import type { FileSource } from '@tychejs/ppl';
import type { FitData, StepData } from '../fitData.ts';
import { dataSource } from '../fitData.ts';
import type { NetInput } from '../lift/net.ts';
import type { Likelihood } from '../likelihoods/likelihood.ts';
import type { Latents } from '../posteriorDraws.ts';
import { PosteriorDraws } from '../posteriorDraws.ts';
import type { PredictOptions } from '../predictions.ts';
import { Predictions, evaluatePredictions } from '../predictions.ts';
import type { ProbabilisticNet } from '../probabilisticNet.ts';
import { chooseHyperparameters } from './evidence.ts';
import type { Family } from './family.ts';
import { familyOf } from './family.ts';
import { posteriorToBytes, readPosterior } from './laplaceFile.ts';
import type { LaplaceBNNOptions } from './laplaceOptions.ts';
import { checkLaplaceOptions, checkPositive, likelihoodOf } from './laplaceOptions.ts';
import { LastLayer } from './lastLayer.ts';
import { LastLayerPosterior, applyLayer } from './lastLayerPosterior.ts';
import { NoiseOfFamily } from './noise.ts';
import type { PointNet } from './pointNet.ts';
import { pointNet } from './pointNet.ts';
import type { CovarianceStructure } from './statistics.ts';
import { LastLayerStatistics, checkSize } from './statistics.ts';

export interface LaplaceFitOptions {
  /** For data given as `{ x, y }`: how many of them are looked at together; 500 by default. It changes rounding only. */
  readonly batchSize?: number;
  /** Ends the fit with the signal's reason; an earlier one stays. */
  readonly signal?: AbortSignal;
  /** Shows a line of progress on standard error; by default if that is a terminal. */
  readonly progressBar?: boolean;
}

/** What a fit has found. */
export interface LaplaceFit {
  readonly logMarginalLikelihood: number;
  readonly priorPrecision: number;
  /** The standard deviation of Gaussian noise; `null` for other likelihoods. */
  readonly noiseScale: number | null;
}

/** {@link PredictOptions}; without `numSamples`, predictions are in closed form. */
export type LaplacePredictOptions = Omit<PredictOptions, 'numSamples'> & Partial<Pick<PredictOptions, 'numSamples'>>;

const WHERE = 'LaplaceBNN';
const BATCH_SIZE = 500;
const FILE = 'laplace.safetensors';

/**
 * A trained network, with doubt about the weights of its last layer: the normal distribution that has the curvature of their posterior
 * at the trained weights. The other weights stay what they are. One pass over the data, and no training.
 *
 * With Gaussian noise nothing is approximated: it is Bayesian linear regression on what comes into the last layer, and the mean of
 * the weights is the exact one, whatever they were trained to. For other likelihoods the trained weights are taken for the mode, and
 * stay the mean. The precision of the prior, and the scale of unknown noise, are those of the greatest marginal likelihood.
 *
 * Costs, for N data, D features (with the bias) and C outputs: memory of (C D)² numbers and 10 (C D)³ operations with `'full'` and
 * a categorical likelihood (seconds for C D = 1000, a minute or two for 2500, the most that is taken; nothing else happens in that
 * time); C times D² and 10 C D³ for others; D² and 10 D³ with `'kronecker'`.
 *
 * Source: Daxberger et al., "Laplace redux: effortless Bayesian deep learning" (NeurIPS 2021); MacKay, "The evidence framework applied
 * to classification networks" (Neural Computation 1992).
 *
 * @typeParam P - what the likelihood predicts.
 *
 * @example
 * ```ts
 * await net.fit(x, labels, { epochs: 20 });
 * const laplace = new LaplaceBNN({ net, likelihood: likelihoods.categorical() });
 * const { logMarginalLikelihood, priorPrecision } = await laplace.fit({ x, y });
 * const logits = laplace.predict(xTest);
 * const draws = laplace.predict(xTest, { numSamples: 100, aggregate: false });
 * ```
 */
export class LaplaceBNN<P> implements ProbabilisticNet<P> {
  readonly likelihood: Likelihood<P>;
  private readonly net: PointNet;
  private readonly layer: LastLayer;
  private readonly family: Family;
  private readonly noise: NoiseOfFamily<P>;
  private readonly structure: CovarianceStructure;
  private readonly priorPrecision: number | null;
  private readonly predictions: Predictions<P>;
  private latest: LastLayerPosterior | null = null;

  /**
   * @throws TypeError, RangeError when an option is missing, unknown or of the wrong kind; Error for a network, last layer or likelihood
   * that cannot be used, and for a layer that is too large.
   */
  constructor(options: LaplaceBNNOptions<P>) {
    checkLaplaceOptions(options);
    const { net, layers = 'last', structure = 'full', priorPrecision = 'marginalLikelihood' } = options;
    this.likelihood = likelihoodOf(options);
    this.family = familyOf(WHERE, this.likelihood);
    this.noise = new NoiseOfFamily(WHERE, this.likelihood);
    this.structure = structure;
    this.priorPrecision = priorPrecision === 'marginalLikelihood' ? null : priorPrecision;
    this.net = pointNet(WHERE, net);
    try {
      this.layer = new LastLayer(WHERE, this.net, layers);
      checkSize(WHERE, structure, { features: this.layer.features, outputs: this.layer.outputs, isCoupled: this.family.isCoupled });
    } catch (error) {
      this.net.dispose();
      throw error;
    }
    this.predictions = new Predictions<P>({
      draw: (features, latents) => this.drawPrediction(features as Tensor, latents),
      likelihood: this.likelihood,
      closure: () => [],
    });
  }

  /** log p(y), the evidence, by which networks can be compared that were trained on the same data. @throws Error before `fit`. */
  get logMarginalLikelihood(): number {
    return this.posterior().logEvidence();
  }

  /**
   * The same for other precisions of the prior, and scales of the noise, than those of the fit.
   *
   * @throws Error before `fit`; RangeError for what is not positive.
   */
  logMarginalLikelihoodAt({ priorPrecision, noiseScale }: { readonly priorPrecision: number; readonly noiseScale?: number }): number {
    const where = 'laplace.logMarginalLikelihoodAt';
    checkPositive(where, 'priorPrecision', priorPrecision);
    if (noiseScale !== undefined) checkPositive(where, 'noiseScale', noiseScale);
    const { hyperparameters } = this.posterior().parts;
    const noiseVariance = noiseScale === undefined || !this.family.isQuadratic ? hyperparameters.noiseVariance : noiseScale ** 2;
    return this.posterior().logEvidence({ priorPrecision, noiseVariance });
  }

  /**
   * Finds the posterior of the last layer's weights, given `data`: one pass, with layers as in prediction. If the likelihood has a
   * `datasetSize`, the data count for so many.
   *
   * @throws TypeError, RangeError for options and data that are of the wrong kind; Error for shapes that do not fit; the signal's reason
   * when it is aborted. An earlier fit stays then.
   */
  async fit(data: FitData, options: LaplaceFitOptions = {}): Promise<LaplaceFit> {
    const where = 'laplace.fit';
    checkOptions(where, options, ['batchSize', 'signal', 'progressBar']);
    const { batchSize, signal } = options;
    const source = dataSource(where, data, batchSize ?? ('x' in data && 'y' in data ? BATCH_SIZE : undefined));
    const trained = this.layer.weights();
    const statistics = new LastLayerStatistics(this.layer, this.family, this.structure);
    const sink = progressSink(options);
    let [size, batches] = [0, 0];
    try {
      // The order does not matter.
      for await (const batch of source.epoch(RandomStream.fromSeed(0))) {
        try {
          signal?.throwIfAborted();
          await this.look(batch, statistics);
          size += batch.y.shape[0] ?? 1;
        } finally {
          batch.dispose();
        }
        sink.update({ label: 'laplace', current: ++batches, total: source.numBatches ?? batches, metrics: {} });
        await breathe();
      }
    } finally {
      sink.finish();
    }
    const { datasetSize = size } = this.likelihood;
    if (size === 0) throw new Error(`${where}: there are no data`);
    if (datasetSize < size) throw new Error(`${where}: the likelihood's datasetSize is ${datasetSize}, but there are ${size} data`);
    this.latest = this.conclude(trained, statistics, datasetSize / size);
    const { priorPrecision, noiseVariance } = this.latest.parts.hyperparameters;
    return { logMarginalLikelihood: this.logMarginalLikelihood, priorPrecision, noiseScale: this.family.isQuadratic ? Math.sqrt(noiseVariance) : null };
  }

  /**
   * Predicts the targets at `x`. With `numSamples`, by so many draws of the weights, the same for all rows. Without, in closed form: exactly
   * for Gaussian noise; for `categorical` and `bernoulli` by taking the logistic function for a probit one (and classes for independent,
   * but for what is common to all); for `poisson` the exact mean.
   *
   * @returns what the likelihood predicts, as `VariationalBNN.predict` does; the tensors are the caller's.
   * @throws Error before `fit`, when the network was trained since, or for `aggregate: false` without `numSamples`.
   */
  predict(x: NetInput, options: LaplacePredictOptions = {}): P {
    checkOptions('laplace.predict', options, ['numSamples', 'aggregate', 'engine']);
    const { numSamples } = options;
    if (numSamples === undefined && options.aggregate === false) {
      throw new Error('laplace.predict: aggregate is false, but without numSamples there are no draws; say how many');
    }
    return tf.tidy(() =>
      this.withFeatures(x, (features) =>
        numSamples === undefined ? this.closedForm(features) : this.predictions.predict(features, { ...options, numSamples }, this.draws(numSamples)),
      ) as never,
    );
  }

  /**
   * How good the (aggregated) prediction is on data, on average over them: `error` and `logLikelihood` as of
   * `VariationalBNN.evaluate`.
   *
   * @throws the same as {@link predict}.
   */
  evaluate(x: NetInput, y: Tensor, options: Omit<LaplacePredictOptions, 'aggregate'> = {}): { error: number; logLikelihood: number } {
    checkOptions('laplace.evaluate', options, ['numSamples', 'engine']);
    return evaluatePredictions(this.likelihood, () => this.predict(x, options), y);
  }

  /**
   * Writes the posterior to a folder, which is made if need be: `laplace.safetensors`. The network is not written; it has files of its own.
   *
   * @throws Error before `fit`; when the file cannot be written; in a browser, where there are no files: see {@link toBytes}.
   */
  async save(path: string): Promise<void> {
    await writeFolder(path, { [FILE]: await this.toBytes() });
  }

  /** The content of the file that {@link save} writes. @throws Error before `fit`. */
  async toBytes(): Promise<Uint8Array<ArrayBuffer>> {
    return posteriorToBytes(this.layer, this.posterior().parts);
  }

  /**
   * Takes the posterior that was saved, to the last bit. The network must be the one that it was fitted to, with the same weights:
   * load it before.
   *
   * @param source - the path of a folder that {@link save} wrote, or what {@link toBytes} gave.
   * @throws Error when the file is damaged, or of another network; nothing is changed then.
   */
  async load(source: FileSource): Promise<void> {
    this.latest = await readPosterior(typeof source === 'string' ? `${source}/${FILE}` : source, this.layer, this.family.isCoupled);
  }

  /** Frees what is kept; the network given stays. */
  dispose(): void {
    this.net.dispose();
    this.latest = null;
  }

  /** Adds a batch to the statistics. */
  private async look({ x, y }: StepData, statistics: LastLayerStatistics): Promise<void> {
    const { features, output } = this.layer.run(x);
    const tensors = [features, output];
    try {
      // This also checks the targets.
      const fit = tf.tidy(() => this.likelihood.logLikelihood(this.likelihood.predictionsFrom(output, this.noise.latents(1)), y, { reduction: 'sum' }));
      tensors.push(fit);
      const [logLikelihood = NaN] = await fit.data();
      const count = output.size / this.layer.outputs;
      statistics.add({ features: await features.data(), outputs: await output.data(), targets: await y.data(), count, logLikelihood });
    } finally {
      tf.dispose(tensors);
    }
  }

  /** @param weight - of each datum. */
  private conclude(trained: Float64Array, statistics: LastLayerStatistics, weight: number): LastLayerPosterior {
    const { isQuadratic } = this.family;
    const spectrum = statistics.spectrum();
    const expansion = {
      curvature: spectrum.values.map((value) => weight * value),
      weights: spectrum.toBasis(trained),
      gradient: isQuadratic ? spectrum.toBasis(statistics.gradient).map((value) => weight * value) : null,
      noise: isQuadratic
        ? { squares: weight * statistics.squares, count: weight * statistics.count }
        : { logLikelihood: weight * statistics.logLikelihood },
    };
    const known = { priorPrecision: this.priorPrecision, noiseVariance: this.noise.knownVariance };
    const hyperparameters = chooseHyperparameters(expansion, known);
    return new LastLayerPosterior(this.layer, { trained, spectrum: spectrum.parts, expansion, hyperparameters }, spectrum, this.family.isCoupled);
  }

  private closedForm(features: Tensor): P {
    const { mean, variance } = this.posterior().outputs(features);
    return this.family.predict(mean, variance, this.noise.latents(this.posterior().parts.hyperparameters.noiseVariance)) as P;
  }

  private draws(count: number): PosteriorDraws {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`laplace.predict: numSamples must be a positive integer, got ${count}`);
    const weights = this.posterior().draw(randomStream(WHERE), count);
    return new PosteriorDraws({ ...weights, ...this.noise.samples(this.posterior().parts.hyperparameters.noiseVariance, count) });
  }

  private drawPrediction(features: Tensor, { kernel, bias, ...noise }: Latents): P {
    const output = applyLayer(features, { kernel: kernel as Tensor, ...(bias === undefined ? {} : { bias }) });
    return this.likelihood.predictionsFrom(output, noise);
  }

  /** What comes into the last layer at `x`. @throws Error when the network is not that of the fit any more. */
  private withFeatures<R>(x: NetInput, body: (features: Tensor) => R): R {
    const { trained } = this.posterior().parts;
    if (canReadSynchronously() && this.layer.weights().some((weight, i) => weight !== trained[i])) {
      throw new Error(`${WHERE}: the network was trained since laplace.fit; call and await that again`);
    }
    const { features, output } = this.layer.run(x);
    output.dispose();
    try {
      return body(features);
    } finally {
      features.dispose();
    }
  }

  private posterior(): LastLayerPosterior {
    if (this.latest === null) throw new Error(`${WHERE}: there is no posterior yet; call and await fit(data)`);
    return this.latest;
  }
}
