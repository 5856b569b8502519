/** @file The beta distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { positive, unitInterval } from '../constraints/interval.ts';
import { betainc } from '../ops/incomplete.ts';
import { randomLogGamma } from '../ops/randomGamma.ts';
import type { RandomStream } from '../random/stream.ts';
import { sigmoid } from '../transforms/bounded.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** The class behind {@link beta}. */
export class Beta extends Distribution {
  override readonly name: string = 'beta';
  override readonly hasRsample: boolean = true;
  readonly concentration1: Parameter;
  readonly concentration0: Parameter;

  constructor(concentration1: Parameter, concentration0: Parameter) {
    super(broadcastShapes(shapeOf(concentration1), shapeOf(concentration0)));
    this.require('concentration1', concentration1, positive);
    this.require('concentration0', concentration0, positive);
    this.concentration1 = concentration1;
    this.concentration0 = concentration0;
  }

  override get support(): Constraint {
    return unitInterval;
  }

  /** G₁ / (G₁ + G₀) for gamma variables, whose logarithms do not underflow; kept off 0 and 1. */
  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return sigmoid.forward(logOddsOfBeta(this.concentration1, this.concentration0, shape, stream));
  }

  protected override logDensity(value: Tensor): Tensor {
    const [a, b] = [operand(this.concentration1), operand(this.concentration0)];
    const kernel = tf.add(fold.xlogy(fold.sub(a, 1), value), fold.xlog1py(fold.sub(b, 1), tf.neg(value)));
    return fold.sub(kernel, fold.lbeta(a, b));
  }

  protected override computeMean(): Operand {
    const [a, b] = [operand(this.concentration1), operand(this.concentration0)];
    return fold.div(a, fold.add(a, b));
  }

  protected override computeVariance(): Operand {
    const [a, b] = [operand(this.concentration1), operand(this.concentration0)];
    const total = fold.add(a, b);
    return fold.div(fold.mul(fold.div(a, total), fold.div(b, total)), fold.add(total, 1));
  }

  /** log B(a, b) - (a - 1)(ψ(a) - ψ(a + b)) - (b - 1)(ψ(b) - ψ(a + b)). */
  protected override computeEntropy(): Operand {
    const [a, b] = [operand(this.concentration1), operand(this.concentration0)];
    const first = fold.mul(fold.sub(a, 1), fold.digammaDifference(a, b));
    const second = fold.mul(fold.sub(b, 1), fold.digammaDifference(b, a));
    return fold.sub(fold.lbeta(a, b), fold.add(first, second));
  }

  protected override computeCdf(x: Tensor): Tensor {
    return betainc(operand(this.concentration1), operand(this.concentration0), tf.clipByValue(x, 0, 1));
  }
}

/** log(x / (1 - x)) for draws x of beta distributions: differences of the logarithms of gamma draws. */
export function logOddsOfBeta(a: Parameter, b: Parameter, shape: Shape, stream: RandomStream): Tensor {
  const first = randomLogGamma(stream, tf.broadcastTo(asTensor(a), [...shape]));
  return tf.sub(first, randomLogGamma(stream, tf.broadcastTo(asTensor(b), [...shape])));
}

/**
 * The beta distribution, with density proportional to x^(concentration1 - 1) (1 - x)^(concentration0 - 1).
 *
 * @param concentration1 - weight of 1, > 0.
 * @param concentration0 - weight of 0, > 0; broadcasts with `concentration1` to the batch shape.
 */
export function beta(concentration1: Parameter, concentration0: Parameter): Beta {
  return new Beta(concentration1, concentration0);
}
