/** @file The Laplace distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../random/stream.ts';
import { exponentialTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { LocationScale } from './locationScale.ts';
import type { Parameter } from './parameter.ts';

/** The class behind {@link laplace}. */
export class Laplace extends LocationScale {
  override get name(): string {
    return 'laplace';
  }

  /** The difference of two exponential variables. */
  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return this.fromStandard(tf.sub(exponentialTensor(stream, shape), exponentialTensor(stream, shape)));
  }

  protected override logDensity(value: Tensor): Tensor {
    const constant = fold.add(fold.log(operand(this.scale)), Math.LN2);
    return fold.sub(tf.neg(tf.abs(this.standardise(value))), constant);
  }

  protected override computeMean(): Operand {
    return operand(this.loc);
  }

  protected override computeVariance(): Operand {
    return fold.mul(fold.square(operand(this.scale)), 2);
  }

  protected override computeEntropy(): Operand {
    return fold.add(fold.log(operand(this.scale)), 1 + Math.LN2);
  }

  protected override computeCdf(x: Tensor): Tensor {
    const z = this.standardise(x);
    const tail = tf.mul(tf.exp(tf.neg(tf.abs(z))), 0.5);
    return tf.where(tf.less(z, 0), tail, tf.sub(1, tail));
  }

  protected override computeIcdf(p: Tensor): Tensor {
    const left = tf.log(tf.mul(tf.minimum(p, tf.sub(1, p)), 2));
    return this.fromStandard(tf.where(tf.less(p, 0.5), left, tf.neg(left)));
  }
}

/**
 * The Laplace (double exponential) distribution.
 *
 * @param loc - mean; any shape.
 * @param scale - mean distance from `loc`, > 0; broadcasts with `loc` to the batch shape.
 */
export function laplace(loc: Parameter, scale: Parameter): Laplace {
  return new Laplace(loc, scale);
}
