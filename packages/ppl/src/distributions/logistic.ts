/** @file The logistic distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { logit } from '../ops/logs.ts';
import type { RandomStream } from '../random/stream.ts';
import { exponentialTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { LocationScale } from './locationScale.ts';
import type { Parameter } from './parameter.ts';

/** The class behind {@link logistic}. */
export class Logistic extends LocationScale {
  override get name(): string {
    return 'logistic';
  }

  /** The log-ratio of two exponential variables. */
  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const numerator = tf.log(exponentialTensor(stream, shape));
    return this.fromStandard(tf.sub(numerator, tf.log(exponentialTensor(stream, shape))));
  }

  /** The density is symmetric: -|z| - 2 log(1 + exp(-|z|)) overflows nowhere. */
  protected override logDensity(value: Tensor): Tensor {
    const distance = tf.abs(this.standardise(value));
    const kernel = tf.add(distance, tf.mul(tf.softplus(tf.neg(distance)), 2));
    return tf.neg(fold.add(kernel, fold.log(operand(this.scale))));
  }

  protected override computeMean(): Operand {
    return operand(this.loc);
  }

  protected override computeVariance(): Operand {
    return fold.mul(fold.square(operand(this.scale)), Math.PI ** 2 / 3);
  }

  protected override computeEntropy(): Operand {
    return fold.add(fold.log(operand(this.scale)), 2);
  }

  protected override computeCdf(x: Tensor): Tensor {
    return tf.sigmoid(this.standardise(x));
  }

  protected override computeIcdf(p: Tensor): Tensor {
    return this.fromStandard(logit(p));
  }
}

/**
 * The logistic distribution.
 *
 * @param loc - mean; any shape.
 * @param scale - > 0, the standard deviation times √3 / π; broadcasts with `loc` to the batch shape.
 */
export function logistic(loc: Parameter, scale: Parameter): Logistic {
  return new Logistic(loc, scale);
}
