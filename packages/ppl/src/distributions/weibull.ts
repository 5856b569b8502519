/** @file The Weibull distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { positive } from '../constraints/interval.ts';
import type { RandomStream } from '../random/stream.ts';
import { exponentialTensor } from '../random/tensors.ts';
import { MAX, TINY } from '../transforms/edges.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { EULER_GAMMA } from './gumbel.ts';
import type { Parameter } from './parameter.ts';

/** The class behind {@link weibull}. */
export class Weibull extends Distribution {
  override readonly name: string = 'weibull';
  override readonly hasRsample: boolean = true;
  readonly scale: Parameter;
  readonly concentration: Parameter;

  constructor(scale: Parameter, concentration: Parameter) {
    super(broadcastShapes(shapeOf(scale), shapeOf(concentration)));
    this.require('scale', scale, positive);
    this.require('concentration', concentration, positive);
    this.scale = scale;
    this.concentration = concentration;
  }

  override get support(): Constraint {
    return positive;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return tf.clipByValue(this.fromExponential(exponentialTensor(stream, shape)), TINY, MAX);
  }

  /** log(k / λ) + (k - 1) log(x / λ) - (x / λ)^k. */
  protected override logDensity(value: Tensor): Tensor {
    const [scale, k] = [operand(this.scale), operand(this.concentration)];
    const log = tf.log(fold.div(value, scale));
    const kernel = tf.sub(fold.mul(log, fold.sub(k, 1)), tf.exp(fold.mul(log, k)));
    return fold.add(kernel, fold.sub(fold.log(k), fold.log(scale)));
  }

  protected override computeMean(): Operand {
    return fold.mul(operand(this.scale), this.moment(1));
  }

  /** λ² (Γ(1 + 2/k) - Γ(1 + 1/k)²). */
  protected override computeVariance(): Operand {
    const spread = fold.sub(this.moment(2), fold.square(this.moment(1)));
    return fold.mul(fold.square(operand(this.scale)), spread);
  }

  /** γ (1 - 1/k) + log(λ / k) + 1. */
  protected override computeEntropy(): Operand {
    const k = operand(this.concentration);
    const logs = fold.sub(fold.log(operand(this.scale)), fold.log(k));
    return fold.add(fold.sub(logs, fold.div(EULER_GAMMA, k)), 1 + EULER_GAMMA);
  }

  protected override computeCdf(x: Tensor): Tensor {
    const portion = fold.div(tf.relu(x), operand(this.scale));
    return tf.neg(tf.expm1(tf.neg(tf.pow(portion, operand(this.concentration)))));
  }

  protected override computeIcdf(p: Tensor): Tensor {
    return this.fromExponential(tf.neg(tf.log1p(tf.neg(p))));
  }

  /** λ e^(1/k). */
  private fromExponential(e: Tensor): Tensor {
    return fold.mul(tf.pow(e, fold.div(1, operand(this.concentration))), operand(this.scale));
  }

  /** Γ(1 + n/k), the n-th moment at scale one. */
  private moment(n: number): Operand {
    return fold.exp(fold.lgamma(fold.add(fold.div(n, operand(this.concentration)), 1)));
  }
}

/**
 * The Weibull distribution.
 *
 * @param scale - λ > 0.
 * @param concentration - shape k > 0; broadcasts with `scale` to the batch shape.
 */
export function weibull(scale: Parameter, concentration: Parameter): Weibull {
  return new Weibull(scale, concentration);
}
