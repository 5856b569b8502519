/** @file The level of noise that is the same for all data: known, or learnt along with the weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, param, sample } from '@tychejs/ppl';
import type { LatentValues } from './likelihood.ts';
import { SITE } from './likelihood.ts';

/** A known value, or a distribution for an unknown one; a tensor broadcasts against the targets. */
export type NoiseLevel = number | Tensor | dist.Distribution;

export interface NoiseOptions {
  /** The scale of the noise. */
  readonly scale?: NoiseLevel;
  /** Or else 1 / scale². */
  readonly precision?: NoiseLevel;
  /**
   * Whether the value is only where it begins, and is trained by maximum likelihood with the weights: as the parameter
   * `likelihood.scale` (`likelihood.precision`) of the network. False by default.
   */
  readonly trainable?: boolean;
}

/** The keys of {@link NoiseOptions}. */
export const NOISE_KEYS: readonly (keyof NoiseOptions)[] = ['scale', 'precision', 'trainable'];

/** A level of noise, given as a standard deviation (`scale`) or as 1 / variance (`precision`). */
export class Noise {
  private readonly where: string;
  private readonly name: 'scale' | 'precision';
  private readonly level: NoiseLevel;
  private readonly isTrainable: boolean;

  /**
   * @throws TypeError unless exactly one of scale and precision is given, and for a distribution that is to be trainable;
   * RangeError when it is not positive.
   */
  constructor(where: string, { scale, precision, trainable = false }: NoiseOptions) {
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
    if (typeof trainable !== 'boolean') throw new TypeError(`${where}: trainable must be true or false, got ${String(trainable)}`);
    if (trainable && isDistribution(level)) {
      throw new TypeError(`${where}: with a distribution the ${this.name} is inferred; for trainable: true, give the value to begin with`);
    }
    this.level = level;
    this.isTrainable = trainable;
  }

  /** The site `likelihood.scale` or `likelihood.precision`, if that is unknown, or the parameter of that name: a statement of a model. */
  sampleLatents(): LatentValues {
    const site = `${SITE}.${this.name}`;
    if (isDistribution(this.level)) return { [this.name]: sample(site, this.level.toEvent()) };
    return this.isTrainable ? { [this.name]: param(site, () => this.value(), { constraint: constraints.positive }) } : {};
  }

  /** The scale. @throws Error when it is unknown, and not among `latents`. */
  scaleFrom(latents: LatentValues): Tensor {
    const isKnown = !isDistribution(this.level) && !this.isTrainable;
    const level = isKnown ? this.value() : latents[this.name];
    if (level === undefined) {
      throw new Error(`${this.where}: the ${this.name} is unknown, so predictions must bring theirs: { mean, scale }, as bnn.predict gives them`);
    }
    return this.name === 'scale' ? level : tf.rsqrt(level);
  }

  /** The value that was given. */
  private value(): Tensor {
    return typeof this.level === 'number' ? tf.scalar(this.level) : (this.level as Tensor);
  }
}

function isDistribution(level: unknown): level is dist.Distribution {
  return level instanceof dist.Distribution;
}
