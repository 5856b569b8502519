/** @file The half-Cauchy distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { nonNegative, positive } from '../constraints/interval.ts';
import type { RandomStream } from '../random/stream.ts';
import { uniformTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';

/** The class behind {@link halfCauchy}. */
export class HalfCauchy extends Distribution {
  override readonly name: string = 'halfCauchy';
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
    return this.computeIcdf(uniformTensor(stream, shape));
  }

  protected override logDensity(value: Tensor): Tensor {
    const scale = operand(this.scale);
    const constant = fold.add(fold.log(scale), Math.log(Math.PI / 2));
    return fold.sub(tf.neg(tf.log1p(tf.square(fold.div(value, scale)))), constant);
  }

  protected override computeMean(): Operand {
    return Infinity;
  }

  protected override computeVariance(): Operand {
    return Infinity;
  }

  protected override computeEntropy(): Operand {
    return fold.add(fold.log(operand(this.scale)), Math.log(2 * Math.PI));
  }

  protected override computeCdf(x: Tensor): Tensor {
    return tf.mul(tf.atan(fold.div(tf.relu(x), operand(this.scale))), 2 / Math.PI);
  }

  protected override computeIcdf(p: Tensor): Tensor {
    // The absolute value: float32's π/2 lies beyond π/2, where the tangent is negative.
    return fold.mul(tf.abs(tf.tan(tf.mul(p, Math.PI / 2))), operand(this.scale));
  }
}

/**
 * The absolute value of a Cauchy variable with median zero.
 *
 * @param scale - its median, > 0; the batch shape is its shape.
 */
export function halfCauchy(scale: Parameter): HalfCauchy {
  return new HalfCauchy(scale);
}
