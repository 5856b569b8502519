/** @file The inverse gamma distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { positive } from '../constraints/interval.ts';
import { igammac } from '../ops/incomplete.ts';
import { randomLogGamma } from '../ops/randomGamma.ts';
import type { RandomStream } from '../random/stream.ts';
import { MAX, TINY } from '../transforms/edges.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { whereExists } from './moments.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** The class behind {@link inverseGamma}. */
export class InverseGamma extends Distribution {
  override readonly name: string = 'inverseGamma';
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
    return positive;
  }

  /** The rate over a gamma variable; clipped, as small concentrations reach beyond float32. */
  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const log = randomLogGamma(stream, tf.broadcastTo(asTensor(this.concentration), [...shape]));
    return tf.clipByValue(fold.mul(tf.exp(tf.neg(log)), operand(this.rate)), TINY, MAX);
  }

  /** a log b - log Γ(a) - (a + 1) log x - b / x. */
  protected override logDensity(value: Tensor): Tensor {
    const [a, b] = [operand(this.concentration), operand(this.rate)];
    const constant = fold.sub(fold.mul(a, fold.log(b)), fold.lgamma(a));
    const kernel = tf.add(fold.mul(fold.add(a, 1), tf.log(value)), fold.div(b, value));
    return fold.sub(constant, kernel);
  }

  /** b / (a - 1) for a > 1. */
  protected override computeMean(): Operand {
    const less1 = fold.sub(operand(this.concentration), 1);
    return whereExists(less1, (excess) => fold.div(operand(this.rate), excess));
  }

  /** b² / ((a - 1)² (a - 2)) for a > 2. */
  protected override computeVariance(): Operand {
    const less2 = fold.sub(operand(this.concentration), 2);
    return whereExists(less2, (excess) => {
      return tf.div(tf.square(fold.div(operand(this.rate), tf.add(excess, 1))), excess);
    });
  }

  /** a + log b + log Γ(a) - (1 + a) ψ(a). */
  protected override computeEntropy(): Operand {
    const a = operand(this.concentration);
    const shape = fold.sub(fold.add(a, fold.lgamma(a)), fold.mul(fold.add(a, 1), fold.digamma(a)));
    return fold.add(shape, fold.log(operand(this.rate)));
  }

  protected override computeCdf(x: Tensor): Tensor {
    // At and below zero, by way of 1/x = Infinity.
    return igammac(operand(this.concentration), fold.div(operand(this.rate), tf.relu(x)));
  }
}

/**
 * The distribution of the inverse of a gamma variable with the same parameters.
 *
 * @param concentration - shape parameter, > 0.
 * @param rate - > 0; broadcasts with `concentration` to the batch shape.
 */
export function inverseGamma(concentration: Parameter, rate: Parameter): InverseGamma {
  return new InverseGamma(concentration, rate);
}
