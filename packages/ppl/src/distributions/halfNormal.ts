/** @file The half-normal distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { nonNegative, positive } from '../constraints/interval.ts';
import { ndtri } from '../ops/normal.ts';
import type { RandomStream } from '../random/stream.ts';
import { normalTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';

/** log √(π/2). */
const HALF_LOG_HALF_PI = 0.5 * Math.log(Math.PI / 2);

/** The class behind {@link halfNormal}. */
export class HalfNormal extends Distribution {
  override readonly name: string = 'halfNormal';
  override readonly hasRsample: boolean = true;
  readonly scale: Parameter;

  constructor(scale: Parameter) {
    super(shapeOf(scale));
    this.require('scale', scale, positive);
    this.scale = scale;
  }

  override get support(): Constraint {
    return nonNegative;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return fold.mul(tf.abs(normalTensor(stream, shape)), operand(this.scale));
  }

  protected override logDensity(value: Tensor): Tensor {
    const scale = operand(this.scale);
    const constant = fold.add(fold.log(scale), HALF_LOG_HALF_PI);
    return fold.sub(tf.mul(tf.square(fold.div(value, scale)), -0.5), constant);
  }

  protected override computeMean(): Operand {
    return fold.mul(operand(this.scale), Math.sqrt(2 / Math.PI));
  }

  protected override computeVariance(): Operand {
    return fold.mul(fold.square(operand(this.scale)), 1 - 2 / Math.PI);
  }

  protected override computeEntropy(): Operand {
    return fold.add(fold.log(operand(this.scale)), HALF_LOG_HALF_PI + 0.5);
  }

  /** erf(x / (scale √2)). */
  protected override computeCdf(x: Tensor): Tensor {
    return tf.erf(tf.mul(fold.div(tf.relu(x), operand(this.scale)), Math.SQRT1_2));
  }

  protected override computeIcdf(p: Tensor): Tensor {
    return fold.mul(ndtri(tf.mul(tf.add(p, 1), 0.5)), operand(this.scale));
  }
}

/**
 * The absolute value of a normal variable with mean zero.
 *
 * @param scale - standard deviation of that variable, > 0; its shape is the batch shape.
 */
export function halfNormal(scale: Parameter): HalfNormal {
  return new HalfNormal(scale);
}
