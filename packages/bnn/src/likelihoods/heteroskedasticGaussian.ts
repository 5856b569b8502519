/** @file Real-valued targets with noise that the network predicts. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '@tychejs/ppl';
import type { GaussianPredictions } from './gaussian.ts';
import { Gaussian } from './gaussian.ts';
import type { LikelihoodOptions } from './likelihood.ts';
import { LIKELIHOOD_KEYS } from './likelihood.ts';

export interface HeteroskedasticGaussianOptions extends LikelihoodOptions {
  /** Whether the net's outputs for the scale are positive already; else `softplus` makes them so. */
  readonly positiveScale?: boolean;
}

const WHERE = 'likelihoods.heteroskedasticGaussian';

export class HeteroskedasticGaussian extends Gaussian {
  private readonly positiveScale: boolean;

  constructor(options: HeteroskedasticGaussianOptions = {}) {
    checkOptions(WHERE, options, [...LIKELIHOOD_KEYS, 'positiveScale']);
    super(WHERE, options, 1);
    this.positiveScale = options.positiveScale ?? false;
  }

  /** @throws Error when the output cannot be halved. */
  override predictionsFrom(output: Tensor): GaussianPredictions {
    const units = output.shape.at(-1) ?? 0;
    if (units % 2 !== 0 || units === 0) {
      throw new Error(
        `${WHERE}: the net's output has shape [${output.shape.join(', ')}], but its last dimension must hold a mean and a scale for ` +
          'each number of a target: give its last layer twice as many units',
      );
    }
    const [mean, scale] = tf.split(output, 2, -1) as [Tensor, Tensor];
    return { mean, scale: this.positiveScale ? scale : tf.softplus(scale) };
  }
}

/**
 * y ~ Normal(mean, scale) where the net's outputs, halved along the last dimension, are the means and the scales (before
 * `softplus`). Predictions are `{ mean, scale }`; the error is the squared distance.
 *
 * @param options - `eventDim` is 1 by default: targets have shape [batch, units], outputs [batch, 2 units].
 */
export function heteroskedasticGaussian(options: HeteroskedasticGaussianOptions = {}): HeteroskedasticGaussian {
  return new HeteroskedasticGaussian(options);
}
