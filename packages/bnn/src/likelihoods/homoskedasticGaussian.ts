/** @file Real-valued targets with the same noise everywhere. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '@tychejs/ppl';
import type { GaussianPredictions } from './gaussian.ts';
import { Gaussian } from './gaussian.ts';
import type { LatentValues, LikelihoodOptions } from './likelihood.ts';
import { LIKELIHOOD_KEYS } from './likelihood.ts';
import type { NoiseOptions } from './noiseLevel.ts';
import { NOISE_KEYS, Noise } from './noiseLevel.ts';

/** `scale` is the standard deviation of the noise. */
export interface HomoskedasticGaussianOptions extends LikelihoodOptions, NoiseOptions {}

const WHERE = 'likelihoods.homoskedasticGaussian';

export class HomoskedasticGaussian extends Gaussian {
  private readonly noise: Noise;

  /** @throws TypeError unless exactly one of scale and precision is given; RangeError when it is not positive. */
  constructor(options: HomoskedasticGaussianOptions) {
    checkOptions(WHERE, options, [...LIKELIHOOD_KEYS, ...NOISE_KEYS]);
    super(WHERE, options, 1);
    this.noise = new Noise(WHERE, options);
  }

  /** The site `likelihood.scale` or `likelihood.precision`, if that is unknown. */
  override sampleLatents(): LatentValues {
    return this.noise.sampleLatents();
  }

  override predictionsFrom(output: Tensor, latents: LatentValues): GaussianPredictions {
    return { mean: output, scale: this.noise.scaleFrom(latents) };
  }
}

/**
 * y ~ Normal(output, scale), with one scale for all data. Predictions are `{ mean, scale }`; the error is the squared
 * distance.
 *
 * With a distribution for `scale` (or `precision`), the noise is learnt along with the weights, as the site
 * `likelihood.scale` (`likelihood.precision`); with a value and `trainable: true`, as a parameter of that name.
 *
 * @param options - `eventDim` is 1 by default: outputs and targets have shape [batch, units].
 */
export function homoskedasticGaussian(options: HomoskedasticGaussianOptions): HomoskedasticGaussian {
  return new HomoskedasticGaussian(options);
}
