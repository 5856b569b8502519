/** @file The Pareto distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { greaterThanOrEqual, positive } from '../constraints/interval.ts';
import type { RandomStream } from '../random/stream.ts';
import { exponentialTensor } from '../random/tensors.ts';
import { MAX } from '../transforms/edges.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { whereExists } from './moments.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** The class behind {@link pareto}. */
export class Pareto extends Distribution {
  override readonly name: string = 'pareto';
  override readonly hasRsample: boolean = true;
  readonly scale: Parameter;
  readonly alpha: Parameter;

  constructor(scale: Parameter, alpha: Parameter) {
    super(broadcastShapes(shapeOf(scale), shapeOf(alpha)));
    this.require('scale', scale, positive);
    this.require('alpha', alpha, positive);
    this.scale = scale;
    this.alpha = alpha;
  }

  override get support(): Constraint {
    return greaterThanOrEqual(this.scale);
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return tf.minimum(this.fromExponential(exponentialTensor(stream, shape)), MAX);
  }

  /** log(α / m) - (α + 1) log(x / m). */
  protected override logDensity(value: Tensor): Tensor {
    const [scale, alpha] = [operand(this.scale), operand(this.alpha)];
    const kernel = fold.mul(tf.log(fold.div(value, scale)), fold.add(alpha, 1));
    return fold.sub(fold.sub(fold.log(alpha), fold.log(scale)), kernel);
  }

  /** α m / (α - 1) for α > 1. */
  protected override computeMean(): Operand {
    const excess = fold.sub(operand(this.alpha), 1);
    return whereExists(excess, (e) => fold.mul(tf.div(tf.add(e, 1), e), operand(this.scale)));
  }

  /** m² α / ((α - 1)² (α - 2)) for α > 2. */
  protected override computeVariance(): Operand {
    const excess = fold.sub(operand(this.alpha), 2);
    return whereExists(excess, (e) => {
      const ratio = tf.div(tf.add(e, 2), tf.mul(tf.square(tf.add(e, 1)), e));
      return fold.mul(ratio, fold.square(operand(this.scale)));
    });
  }

  /** log(m / α) + 1 + 1/α. */
  protected override computeEntropy(): Operand {
    const alpha = operand(this.alpha);
    const logs = fold.sub(fold.log(operand(this.scale)), fold.log(alpha));
    return fold.add(fold.add(logs, fold.div(1, alpha)), 1);
  }

  protected override computeCdf(x: Tensor): Tensor {
    const ratio = tf.minimum(fold.div(operand(this.scale), tf.maximum(x, asTensor(this.scale))), 1);
    return tf.neg(tf.expm1(fold.mul(tf.log(ratio), operand(this.alpha))));
  }

  protected override computeIcdf(p: Tensor): Tensor {
    return this.fromExponential(tf.neg(tf.log1p(tf.neg(p))));
  }

  /** m exp(e / α). */
  private fromExponential(e: Tensor): Tensor {
    return fold.mul(tf.exp(fold.div(e, operand(this.alpha))), operand(this.scale));
  }
}

/**
 * The Pareto distribution, with density proportional to x^-(alpha + 1) above `scale`.
 *
 * @param scale - smallest value, > 0.
 * @param alpha - tail exponent, > 0; broadcasts with `scale` to the batch shape.
 */
export function pareto(scale: Parameter, alpha: Parameter): Pareto {
  return new Pareto(scale, alpha);
}
