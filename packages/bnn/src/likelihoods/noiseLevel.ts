/** @file The level of noise that is the same for all data: known, or learnt along with the weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, sample } from '@tychejs/ppl';
import type { LatentValues } from './likelihood.ts';
import { SITE } from './likelihood.ts';

/**
 * A known value, or a distribution for an unknown one. To estimate a single value by maximum likelihood, let the distribution
 * be wide (`dist.halfNormal(1000)`) and the network's `likelihoodGuide` be `AutoDelta` of `@tychejs/ppl`.
 */
export type NoiseLevel = number | Tensor | dist.Distribution;

/** A level of noise, given as a standard deviation (`scale`) or as 1 / variance (`precision`). */
export class Noise {
  private readonly where: string;
  private readonly name: 'scale' | 'precision';
  private readonly level: NoiseLevel;

  /** @throws TypeError unless exactly one of scale and precision is given; RangeError when it is not positive. */
  constructor(where: string, { scale, precision }: { readonly scale?: NoiseLevel | undefined; readonly precision?: NoiseLevel | undefined }) {
    const level = scale ?? precision;
    if (level === undefined || (scale !== undefined && precision !== undefined)) {
      throw new TypeError(`${where}: give exactly one of scale and precision: a number, a tensor, or a distribution if it is unknown`);
    }
    this.where = where;
    this.name = scale === undefined ? 'precision' : 'scale';
    if (typeof level === 'number' && !(level > 0 && Number.isFinite(level))) {
      throw new RangeError(`${where}: ${this.name} must be positive and finite, got ${level}`);
    }
    if (typeof level !== 'number' && !(level instanceof tf.Tensor) && !isDistribution(level)) {
      throw new TypeError(`${where}: ${this.name} must be a number, a tensor, or a distribution if it is unknown; got ${typeof level}`);
    }
    this.level = level;
  }

  /** The site `likelihood.scale` or `likelihood.precision`, if that is unknown: a statement of a model. */
  sampleLatents(): LatentValues {
    if (!isDistribution(this.level)) return {};
    return { [this.name]: sample(`${SITE}.${this.name}`, this.level.toEvent()) };
  }

  /** The scale. @throws Error when it is unknown, and not among `latents`. */
  scaleFrom(latents: LatentValues): Tensor {
    const level = isDistribution(this.level) ? latents[this.name] : this.level;
    if (level === undefined) {
      throw new Error(`${this.where}: the ${this.name} is unknown, so predictions must bring theirs: { mean, scale }, as bnn.predict gives them`);
    }
    const tensor = typeof level === 'number' ? tf.scalar(level) : level;
    return this.name === 'scale' ? tensor : tf.rsqrt(tensor);
  }
}

function isDistribution(level: unknown): level is dist.Distribution {
  return level instanceof dist.Distribution;
}
