/** @file A distribution some of whose batch elements do not count. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import type { RandomStream } from '../random/stream.ts';
import { feasibleValue } from '../transforms/feasible.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import { wrappers } from './wrappers.ts';

/** What a mask may be given as; a boolean holds for all elements. */
export type Mask = Tensor | TensorLike;

/** The class behind {@link masked}. */
export class Masked extends Distribution {
  override readonly name: string;
  readonly base: Distribution;
  readonly maskValue: Mask;

  constructor(base: Distribution, mask: Mask) {
    super(broadcastShapes(base.batchShape, shapeOf(mask)), base.eventShape);
    this.name = base.name;
    this.base = base;
    this.maskValue = mask;
  }

  override get hasRsample(): boolean {
    return this.base.hasRsample;
  }

  override get dtype(): 'float32' | 'int32' {
    return this.base.dtype;
  }

  override get support(): Constraint {
    return this.base.support;
  }

  override throwIfInvalid(): void {
    this.base.throwIfInvalid();
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return Distribution.drawOf(this.base, shape, stream);
  }

  /** Where the mask is false, a value of the support: what stands there shall not matter, even if it is NaN. */
  protected override sanitise(value: Tensor): Tensor {
    if (this.maskValue === true) return value;
    const batch = value.shape.slice(0, value.rank - this.eventShape.length);
    const shape = [...broadcastShapes(batch, this.batchShape), ...this.eventShape];
    const counts = tf.reshape(maskTensor(this.maskValue), [...shapeOf(this.maskValue), ...this.eventShape.map(() => 1)]);
    const feasible = tf.cast(feasibleValue(this.base), value.dtype);
    return tf.where(tf.broadcastTo(counts, shape), tf.broadcastTo(value, shape), feasible);
  }

  protected override logDensity(value: Tensor): Tensor {
    if (this.maskValue === true) return Distribution.logDensityOf(this.base, value);
    return applyMask(this.maskValue, Distribution.logDensityOf(this.base, value));
  }

  protected override computeMean(): Tensor {
    return this.base.mean;
  }

  protected override computeVariance(): Tensor {
    return this.base.variance;
  }

  protected override computeEntropy(): Tensor {
    return applyMask(this.maskValue, this.base.entropy());
  }

  protected override computeCdf(x: Tensor): Tensor {
    return this.base.cdf(x);
  }

  protected override computeIcdf(p: Tensor): Tensor {
    return this.base.icdf(p);
  }

  override enumerateSupport(): Tensor {
    return this.base.expand(this.batchShape).enumerateSupport();
  }
}

/** `x` where `mask` holds, zero elsewhere. */
export function applyMask(mask: Mask, x: Tensor): Tensor {
  return mask === true ? x : tf.where(maskTensor(mask), x, 0);
}

function maskTensor(mask: Mask): Tensor {
  return tf.cast(mask instanceof tf.Tensor ? mask : tf.tensor(mask as boolean[]), 'bool');
}

/**
 * `base`, with a log-density of zero wherever `mask` is false.
 *
 * @param mask - booleans that broadcast with the batch shape.
 */
export function masked(base: Distribution, mask: Mask): Masked {
  return new Masked(base, mask);
}

wrappers.masked = masked;
