/** @file The binomial distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { integerInterval, nonNegativeInteger } from '../constraints/integers.ts';
import { unitInterval } from '../constraints/interval.ts';
import { real } from '../constraints/real.ts';
import { logChoose } from '../ops/gamma.ts';
import { betainc } from '../ops/incomplete.ts';
import type { RandomStream } from '../random/stream.ts';
import { binomialTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { countUpTo } from './counts.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';
import type { ProbsOrLogits } from './probability.ts';
import { failureProbability, logLikelihood, probsOrLogits, successProbability } from './probability.ts';

/** The class behind {@link binomial}. */
export class Binomial extends Distribution {
  override readonly name: string = 'binomial';
  override readonly hasRsample: boolean = false;
  readonly totalCount: Parameter;
  readonly isLogits: boolean;
  /** Probabilities or log-odds, as `isLogits` says. */
  readonly parameter: Parameter;

  constructor(totalCount: Parameter, given: ProbsOrLogits) {
    const { isLogits, value } = probsOrLogits('binomial', given);
    super(broadcastShapes(shapeOf(totalCount), shapeOf(value)));
    this.require('totalCount', totalCount, nonNegativeInteger);
    this.require(isLogits ? 'logits' : 'probs', value, isLogits ? real : unitInterval);
    this.totalCount = totalCount;
    this.isLogits = isLogits;
    this.parameter = value;
  }

  override get support(): Constraint {
    return integerInterval(0, this.totalCount);
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const count = tf.broadcastTo(asTensor(this.totalCount), [...shape]);
    return binomialTensor(stream, count, tf.broadcastTo(asTensor(this.success()), [...shape]));
  }

  protected override logDensity(value: Tensor): Tensor {
    const count = operand(this.totalCount);
    const failures = fold.sub(count, value);
    return tf.add(logLikelihood(this.isLogits, this.parameter, value, failures), logChoose(count, value));
  }

  protected override computeMean(): Operand {
    return fold.mul(operand(this.totalCount), this.success());
  }

  protected override computeVariance(): Operand {
    return fold.mul(this.computeMean(), failureProbability(this.isLogits, this.parameter));
  }

  /** P(X ≤ k) = I(n - k, k + 1, 1 - p). */
  protected override computeCdf(x: Tensor): Tensor {
    const total = asTensor(this.totalCount);
    const isAll = tf.greaterEqual(x, total);
    const count = tf.minimum(tf.floor(tf.relu(x)), tf.maximum(tf.sub(total, 1), 0));
    const failures = tf.where(isAll, 1, tf.sub(total, count));
    const below = betainc(failures, tf.add(count, 1), failureProbability(this.isLogits, this.parameter));
    return tf.where(tf.less(x, 0), 0, tf.where(isAll, 1, below));
  }

  /** @throws Error when `totalCount` differs between batch elements. */
  override enumerateSupport(): Tensor {
    return countUpTo(this.name, this.totalCount, this.batchShape);
  }

  private success(): Operand {
    return successProbability(this.isLogits, this.parameter);
  }
}

/**
 * The number of successes among `totalCount` independent trials, as float32.
 *
 * @param totalCount - a whole number ≥ 0.
 * @param given - exactly one of `probs`, in [0, 1], and `logits`, the log-odds; broadcasts with `totalCount` to the batch
 * shape.
 */
export function binomial(totalCount: Parameter, given: ProbsOrLogits): Binomial {
  return new Binomial(totalCount, given);
}
