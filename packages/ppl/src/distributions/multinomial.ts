/** @file The multinomial distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { nonNegativeInteger } from '../constraints/integers.ts';
import { realVector } from '../constraints/real.ts';
import { countsOf, simplex } from '../constraints/vectors.ts';
import { lgamma } from '../ops/gamma.ts';
import { logSumExp } from '../ops/logSumExp.ts';
import { xlogy } from '../ops/logs.ts';
import type { RandomStream } from '../random/stream.ts';
import { binomialTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { classProbabilities, classShape } from './classes.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';
import type { ProbsOrLogits } from './probability.ts';
import { probsOrLogits } from './probability.ts';

/** The class behind {@link multinomial}. */
export class Multinomial extends Distribution {
  override readonly name: string = 'multinomial';
  override readonly hasRsample: boolean = false;
  readonly totalCount: Parameter;
  readonly isLogits: boolean;
  /** Probabilities, or their logarithms up to a constant, as `isLogits` says; classes along the last dimension. */
  readonly parameter: Parameter;

  constructor(totalCount: Parameter, given: ProbsOrLogits) {
    const { isLogits, value } = probsOrLogits('multinomial', given);
    const { batchShape, numClasses } = classShape('multinomial', value);
    super(broadcastShapes(shapeOf(totalCount), batchShape), [numClasses]);
    this.require('totalCount', totalCount, nonNegativeInteger);
    this.require(isLogits ? 'logits' : 'probs', value, isLogits ? realVector : simplex);
    this.totalCount = totalCount;
    this.isLogits = isLogits;
    this.parameter = value;
  }

  override get support(): Constraint {
    return countsOf(this.totalCount);
  }

  /** Class by class: of what is left, a binomial number. */
  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const probs = tf.broadcastTo(classProbabilities(this.isLogits, this.parameter), [...shape, ...this.eventShape]);
    const later = tf.cumsum(probs, probs.rank - 1, false, true);
    const portions = tf.unstack(tf.div(probs, tf.maximum(later, probs)), -1);
    let left: Tensor = tf.broadcastTo(asTensor(this.totalCount), [...shape]);
    const counts = portions.map((portion, k) => {
      // A class that follows only impossible ones has 0 / 0 of nothing.
      const safe = tf.where(tf.isNaN(portion), 0, portion);
      const count = k === portions.length - 1 ? left : binomialTensor(stream, left, safe);
      left = tf.sub(left, count);
      return count;
    });
    return tf.stack(counts, -1);
  }

  /** log n! - Σ log x_k! + Σ x_k log p_k. */
  protected override logDensity(value: Tensor): Tensor {
    const parameter = asTensor(this.parameter);
    const total = operand(this.totalCount);
    const orders = fold.sub(fold.lgamma(fold.add(total, 1)), tf.sum(lgamma(tf.add(value, 1)), -1));
    if (!this.isLogits) return tf.add(orders, tf.sum(xlogy(value, parameter), -1));
    // Zero counts of classes with logit -Infinity count for nothing.
    const finite = tf.where(tf.greater(value, 0), parameter, 0);
    const chosen = tf.sum(tf.mul(value, finite), -1);
    return tf.add(orders, tf.sub(chosen, fold.mul(logSumExp(parameter, -1), total)));
  }

  protected override computeMean(): Tensor {
    const total = tf.expandDims(asTensor(this.totalCount), -1);
    return tf.mul(classProbabilities(this.isLogits, this.parameter), total);
  }

  protected override computeVariance(): Tensor {
    return tf.mul(this.computeMean(), tf.sub(1, classProbabilities(this.isLogits, this.parameter)));
  }
}

/**
 * How often each of K classes occurs among `totalCount` independent draws, as float32.
 *
 * @param totalCount - a whole number ≥ 0; broadcasts with the batch shape of the probabilities.
 * @param given - exactly one of `probs`, which sum to one, and `logits`, their logarithms up to a constant; shape
 * `[..., K]`.
 */
export function multinomial(totalCount: Parameter, given: ProbsOrLogits): Multinomial {
  return new Multinomial(totalCount, given);
}
