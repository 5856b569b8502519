/** @file The geometric distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { nonNegativeInteger } from '../constraints/integers.ts';
import { unitInterval } from '../constraints/interval.ts';
import { real } from '../constraints/real.ts';
import type { RandomStream } from '../random/stream.ts';
import { exponentialTensor } from '../random/tensors.ts';
import { MAX } from '../transforms/edges.ts';
import type { Shape } from '../util/shape.ts';
import { shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import type { ProbsOrLogits } from './probability.ts';
import { failureProbability, logFailure, logLikelihood, probsOrLogits, successProbability } from './probability.ts';

/** The class behind {@link geometric}. */
export class Geometric extends Distribution {
  override readonly name: string = 'geometric';
  override readonly hasRsample: boolean = false;
  readonly isLogits: boolean;
  /** Probabilities or log-odds, as `isLogits` says. */
  readonly parameter: Parameter;

  constructor(given: ProbsOrLogits) {
    const { isLogits, value } = probsOrLogits('geometric', given);
    super(shapeOf(value));
    this.require(isLogits ? 'logits' : 'probs', value, isLogits ? real : unitInterval);
    this.isLogits = isLogits;
    this.parameter = value;
  }

  override get support(): Constraint {
    return nonNegativeInteger;
  }

  /** The whole part of an exponential variable of rate -log(1 - p). */
  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const rate = fold.neg(logFailure(this.isLogits, this.parameter));
    return tf.minimum(tf.floor(fold.div(exponentialTensor(stream, shape), rate)), MAX);
  }

  protected override logDensity(value: Tensor): Tensor {
    return logLikelihood(this.isLogits, this.parameter, 1, value);
  }

  /** (1 - p) / p, the inverse odds. */
  protected override computeMean(): Operand {
    if (this.isLogits) return fold.exp(fold.neg(operand(this.parameter)));
    return fold.div(failureProbability(false, this.parameter), operand(this.parameter));
  }

  protected override computeVariance(): Operand {
    return fold.div(this.computeMean(), successProbability(this.isLogits, this.parameter));
  }

  /** That of one trial, over p. */
  protected override computeEntropy(): Operand {
    const success = successProbability(this.isLogits, this.parameter);
    const failure = failureProbability(this.isLogits, this.parameter);
    return fold.div(tf.neg(logLikelihood(this.isLogits, this.parameter, success, failure)), success);
  }

  /** 1 - (1 - p)^(k + 1). */
  protected override computeCdf(x: Tensor): Tensor {
    const trials = tf.add(tf.floor(tf.relu(x)), 1);
    const missed = fold.mul(trials, logFailure(this.isLogits, this.parameter));
    return tf.where(tf.less(x, 0), 0, tf.neg(tf.expm1(missed)));
  }
}

/**
 * The number of failures before the first success, as float32.
 *
 * @param given - exactly one of `probs`, the probability of success in (0, 1], and `logits`, its log-odds; its shape is
 * the batch shape.
 */
export function geometric(given: ProbsOrLogits): Geometric {
  return new Geometric(given);
}
