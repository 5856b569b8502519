/** @file The Cauchy distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../random/stream.ts';
import { uniformTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { LocationScale } from './locationScale.ts';
import type { Parameter } from './parameter.ts';

/** The class behind {@link cauchy}. */
export class Cauchy extends LocationScale {
  override get name(): string {
    return 'cauchy';
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return this.computeIcdf(uniformTensor(stream, shape));
  }

  protected override logDensity(value: Tensor): Tensor {
    const constant = fold.add(fold.log(operand(this.scale)), Math.log(Math.PI));
    return fold.sub(tf.neg(tf.log1p(tf.square(this.standardise(value)))), constant);
  }

  protected override computeMean(): Operand {
    return Number.NaN;
  }

  protected override computeVariance(): Operand {
    return Number.NaN;
  }

  protected override computeEntropy(): Operand {
    return fold.add(fold.log(operand(this.scale)), Math.log(4 * Math.PI));
  }

  /** The angle of the point (-z, 1), which is small without cancellation in the left tail. */
  protected override computeCdf(x: Tensor): Tensor {
    const z = this.standardise(x);
    return tf.mul(tf.atan2(tf.onesLike(z), tf.neg(z)), 1 / Math.PI);
  }

  /** loc - scale / tan(π p). */
  protected override computeIcdf(p: Tensor): Tensor {
    return this.fromStandard(tf.neg(tf.reciprocal(tf.tan(tf.mul(p, Math.PI)))));
  }
}

/**
 * The Cauchy distribution; it has neither mean nor variance.
 *
 * @param loc - median; any shape.
 * @param scale - half the distance between the quartiles, > 0; broadcasts with `loc` to the batch shape.
 */
export function cauchy(loc: Parameter, scale: Parameter): Cauchy {
  return new Cauchy(loc, scale);
}
