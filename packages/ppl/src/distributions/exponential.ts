/** @file The exponential distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { nonNegative, positive } from '../constraints/interval.ts';
import type { RandomStream } from '../random/stream.ts';
import { exponentialTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';

/** The class behind {@link exponential}. */
export class Exponential extends Distribution {
  override readonly name: string = 'exponential';
  override readonly hasRsample: boolean = true;
  readonly rate: Parameter;

  constructor(rate: Parameter) {
    super(shapeOf(rate));
    this.require('rate', rate, positive);
    this.rate = rate;
  }

  override get support(): Constraint {
    return nonNegative;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return fold.div(exponentialTensor(stream, shape), operand(this.rate));
  }

  protected override logDensity(value: Tensor): Tensor {
    const rate = operand(this.rate);
    return fold.sub(fold.log(rate), fold.mul(value, rate));
  }

  protected override computeMean(): Operand {
    return fold.div(1, operand(this.rate));
  }

  protected override computeVariance(): Operand {
    return fold.div(1, fold.square(operand(this.rate)));
  }

  protected override computeEntropy(): Operand {
    return fold.sub(1, fold.log(operand(this.rate)));
  }

  protected override computeCdf(x: Tensor): Tensor {
    return tf.neg(tf.expm1(tf.neg(fold.mul(tf.relu(x), operand(this.rate)))));
  }

  protected override computeIcdf(p: Tensor): Tensor {
    return fold.div(tf.neg(tf.log1p(tf.neg(p))), operand(this.rate));
  }
}

/**
 * The exponential distribution.
 *
 * @param rate - inverse of the mean, > 0; its shape is the batch shape.
 */
export function exponential(rate: Parameter): Exponential {
  return new Exponential(rate);
}
