/** @file The gamma distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { nonNegative, positive } from '../constraints/interval.ts';
import { igamma } from '../ops/incomplete.ts';
import { randomGamma } from '../ops/randomGamma.ts';
import type { RandomStream } from '../random/stream.ts';
import { TINY } from '../transforms/edges.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** The class behind {@link gamma}. */
export class Gamma extends Distribution {
  override readonly name: string = 'gamma';
  override readonly hasRsample: boolean = true;
  readonly concentration: Parameter;
  readonly rate: Parameter;

  constructor(concentration: Parameter, rate: Parameter) {
    super(broadcastShapes(shapeOf(concentration), shapeOf(rate)));
    this.require('concentration', concentration, positive);
    this.require('rate', rate, positive);
    this.concentration = concentration;
    this.rate = rate;
  }

  override get support(): Constraint {
    return nonNegative;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const alpha = tf.broadcastTo(asTensor(this.concentration), [...shape]);
    // Draws for small concentrations may underflow.
    return tf.maximum(fold.div(randomGamma(stream, alpha), operand(this.rate)), TINY);
  }

  /** a log b - log Γ(a) + (a - 1) log x - b x. */
  protected override logDensity(value: Tensor): Tensor {
    const a = operand(this.concentration);
    const b = operand(this.rate);
    const constant = fold.sub(fold.mul(a, fold.log(b)), fold.lgamma(a));
    const kernel = tf.sub(fold.xlogy(fold.sub(a, 1), value), fold.mul(value, b));
    return fold.add(kernel, constant);
  }

  protected override computeMean(): Operand {
    return fold.div(operand(this.concentration), operand(this.rate));
  }

  protected override computeVariance(): Operand {
    return fold.div(operand(this.concentration), fold.square(operand(this.rate)));
  }

  /** a - log b + log Γ(a) + (1 - a) ψ(a). */
  protected override computeEntropy(): Operand {
    const a = operand(this.concentration);
    const shape = fold.add(fold.add(a, fold.lgamma(a)), fold.mul(fold.sub(1, a), fold.digamma(a)));
    return fold.sub(shape, fold.log(operand(this.rate)));
  }

  protected override computeCdf(x: Tensor): Tensor {
    return igamma(asTensor(this.concentration), fold.mul(tf.relu(x), operand(this.rate)));
  }
}

/**
 * The gamma distribution with density proportional to x^(concentration - 1) exp(-rate x).
 *
 * @param concentration - shape parameter, > 0.
 * @param rate - inverse scale, > 0; broadcasts with `concentration` to the batch shape.
 */
export function gamma(concentration: Parameter, rate: Parameter): Gamma {
  return new Gamma(concentration, rate);
}
