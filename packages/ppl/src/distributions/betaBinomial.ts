/** @file The beta-binomial distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { integerInterval, nonNegativeInteger } from '../constraints/integers.ts';
import { positive } from '../constraints/interval.ts';
import { lbeta, logChoose } from '../ops/gamma.ts';
import type { RandomStream } from '../random/stream.ts';
import { binomialTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { logOddsOfBeta } from './beta.ts';
import { countUpTo } from './counts.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** The class behind {@link betaBinomial}. */
export class BetaBinomial extends Distribution {
  override readonly name: string = 'betaBinomial';
  override readonly hasRsample: boolean = false;
  readonly concentration1: Parameter;
  readonly concentration0: Parameter;
  readonly totalCount: Parameter;

  constructor(concentration1: Parameter, concentration0: Parameter, totalCount: Parameter) {
    super(broadcastShapes(shapeOf(concentration1), shapeOf(concentration0), shapeOf(totalCount)));
    this.require('concentration1', concentration1, positive);
    this.require('concentration0', concentration0, positive);
    this.require('totalCount', totalCount, nonNegativeInteger);
    this.concentration1 = concentration1;
    this.concentration0 = concentration0;
    this.totalCount = totalCount;
  }

  override get support(): Constraint {
    return integerInterval(0, this.totalCount);
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const probs = tf.sigmoid(logOddsOfBeta(this.concentration1, this.concentration0, shape, stream));
    return binomialTensor(stream, tf.broadcastTo(asTensor(this.totalCount), [...shape]), probs);
  }

  /** log of (n over k) B(k + a, n - k + b) / B(a, b). */
  protected override logDensity(value: Tensor): Tensor {
    const [a, b, n] = [operand(this.concentration1), operand(this.concentration0), operand(this.totalCount)];
    const posterior = lbeta(fold.add(value, a), fold.add(fold.sub(n, value), b));
    return fold.sub(tf.add(logChoose(n, value), posterior), fold.lbeta(a, b));
  }

  protected override computeMean(): Operand {
    return fold.mul(operand(this.totalCount), this.success());
  }

  /** n p (1 - p) (a + b + n) / (a + b + 1). */
  protected override computeVariance(): Operand {
    const total = fold.add(operand(this.concentration1), operand(this.concentration0));
    const binomial = fold.mul(this.computeMean(), fold.div(operand(this.concentration0), total));
    return fold.mul(binomial, fold.div(fold.add(total, operand(this.totalCount)), fold.add(total, 1)));
  }

  /** @throws Error when `totalCount` differs between batch elements. */
  override enumerateSupport(): Tensor {
    return countUpTo(this.name, this.totalCount, this.batchShape);
  }

  private success(): Operand {
    const a = operand(this.concentration1);
    return fold.div(a, fold.add(a, operand(this.concentration0)));
  }
}

/**
 * The number of successes among `totalCount` trials whose probability of success is a beta variable, as float32.
 *
 * @param concentration1 - weight of success, > 0.
 * @param concentration0 - weight of failure, > 0.
 * @param totalCount - a whole number ≥ 0; all three broadcast to the batch shape.
 */
export function betaBinomial(concentration1: Parameter, concentration0: Parameter, totalCount: Parameter): BetaBinomial {
  return new BetaBinomial(concentration1, concentration0, totalCount);
}
