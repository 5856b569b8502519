/** @file Counts. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, dist, ops } from '@tychejs/ppl';
import type { LikelihoodOptions } from './likelihood.ts';
import { LIKELIHOOD_KEYS } from './likelihood.ts';
import { OutputLikelihood } from './outputLikelihood.ts';

export interface PoissonOptions extends LikelihoodOptions {
  /** Whether the net's outputs are logarithms of rates (the default) or rates, which must be positive. */
  readonly logRates?: boolean;
}

const WHERE = 'likelihoods.poisson';

export class PoissonLikelihood extends OutputLikelihood {
  /** Whether outputs are logarithms of rates; else rates. */
  readonly isLog: boolean;

  constructor(options: PoissonOptions = {}) {
    checkOptions(WHERE, options, [...LIKELIHOOD_KEYS, 'logRates']);
    super(WHERE, options, 0);
    this.isLog = options.logRates ?? true;
  }

  /** The mean rate, as a logarithm if the outputs are. It has the mixture's mean; the mixture itself is wider. */
  override aggregatePredictions(predictions: Tensor, axis: number = 0): Tensor {
    if (!this.isLog) return tf.mean(predictions, axis);
    return tf.tidy(() => {
      const count = predictions.shape[axis < 0 ? axis + predictions.rank : axis] ?? 1;
      return tf.sub(ops.logSumExp(predictions, axis), Math.log(count));
    });
  }

  protected override elementwise(predictions: Tensor): dist.Distribution {
    return dist.poisson(this.rates(predictions));
  }

  protected override targetShape(predictions: Tensor): readonly number[] {
    return predictions.shape;
  }

  protected override readTargets(targets: Tensor): Tensor {
    return tf.cast(targets, 'float32');
  }

  /** The squared distance of the count from the rate. */
  protected override elementwiseError(predictions: Tensor, targets: Tensor): Tensor {
    return tf.squaredDifference(this.rates(predictions), targets);
  }

  protected override shapeAdvice(predictions: Tensor, targets: readonly number[]): string {
    const isColumn = predictions.shape.at(-1) === 1 && predictions.shape.slice(0, -1).join() === targets.join();
    if (isColumn) return 'Give the targets a last dimension of one: tf.expandDims(y, -1).';
    return "Give the net's last layer as many units as a target has counts, or reshape the targets.";
  }

  private rates(predictions: Tensor): Tensor {
    return this.isLog ? tf.exp(predictions) : predictions;
  }
}

/**
 * y ~ Poisson, with counts as targets. Predictions are logarithms of rates (or rates, with `logRates: false`); the error is
 * the squared distance from the rate.
 *
 * @param options - `eventDim` is 0 by default: every element is a datum.
 */
export function poisson(options: PoissonOptions = {}): PoissonLikelihood {
  return new PoissonLikelihood(options);
}
