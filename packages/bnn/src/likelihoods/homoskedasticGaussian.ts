/** @file Real-valued targets with the same noise everywhere. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, dist, sample } from '@tychejs/ppl';
import type { GaussianPredictions } from './gaussian.ts';
import { Gaussian } from './gaussian.ts';
import type { LatentValues, LikelihoodOptions } from './likelihood.ts';
import { LIKELIHOOD_KEYS, SITE } from './likelihood.ts';

/** A known value, or a distribution for an unknown one. */
export type NoiseLevel = number | Tensor | dist.Distribution;

export interface HomoskedasticGaussianOptions extends LikelihoodOptions {
  /** Standard deviation of the noise; a tensor broadcasts against the targets. */
  readonly scale?: NoiseLevel;
  /** Or else 1 / variance. */
  readonly precision?: NoiseLevel;
}

const WHERE = 'likelihoods.homoskedasticGaussian';

export class HomoskedasticGaussian extends Gaussian {
  private readonly name: 'scale' | 'precision';
  private readonly level: NoiseLevel;

  /** @throws TypeError unless exactly one of scale and precision is given; RangeError when it is not positive. */
  constructor(options: HomoskedasticGaussianOptions) {
    checkOptions(WHERE, options, [...LIKELIHOOD_KEYS, 'scale', 'precision']);
    super(WHERE, options, 1);
    const { scale, precision } = options;
    const level = scale ?? precision;
    if (level === undefined || (scale !== undefined && precision !== undefined)) {
      throw new TypeError(`${WHERE}: give exactly one of scale and precision: a number, a tensor, or a distribution if it is unknown`);
    }
    this.name = scale === undefined ? 'precision' : 'scale';
    if (typeof level === 'number' && !(level > 0 && Number.isFinite(level))) {
      throw new RangeError(`${WHERE}: ${this.name} must be positive and finite, got ${level}`);
    }
    this.level = level;
  }

  /** The site `likelihood.scale` or `likelihood.precision`, if that is unknown. */
  override sampleLatents(): LatentValues {
    if (!isDistribution(this.level)) return {};
    return { [this.name]: sample(`${SITE}.${this.name}`, this.level.toEvent()) };
  }

  override predictionsFrom(output: Tensor, latents: LatentValues): GaussianPredictions {
    return { mean: output, scale: this.scaleFrom(latents) };
  }

  private scaleFrom(latents: LatentValues): Tensor {
    const level = isDistribution(this.level) ? latents[this.name] : this.level;
    if (level === undefined) {
      throw new Error(`${WHERE}: the ${this.name} is unknown, so predictions must bring theirs: { mean, scale }, as bnn.predict gives them`);
    }
    const tensor = typeof level === 'number' ? tf.scalar(level) : level;
    return this.name === 'scale' ? tensor : tf.rsqrt(tensor);
  }
}

function isDistribution(level: NoiseLevel): level is dist.Distribution {
  return level instanceof dist.Distribution;
}

/**
 * y ~ Normal(output, scale), with one scale for all data. Predictions are `{ mean, scale }`; the error is the squared
 * distance.
 *
 * With a distribution for `scale` (or `precision`), the noise is learnt along with the weights, as the site
 * `likelihood.scale` (`likelihood.precision`).
 *
 * @param options - `eventDim` is 1 by default: outputs and targets have shape [batch, units].
 */
export function homoskedasticGaussian(options: HomoskedasticGaussianOptions): HomoskedasticGaussian {
  return new HomoskedasticGaussian(options);
}
