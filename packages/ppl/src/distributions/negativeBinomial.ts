/** @file The negative binomial distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { nonNegativeInteger } from '../constraints/integers.ts';
import { positive, unitInterval } from '../constraints/interval.ts';
import { real } from '../constraints/real.ts';
import { lbeta } from '../ops/gamma.ts';
import { betainc } from '../ops/incomplete.ts';
import type { RandomStream } from '../random/stream.ts';
import { gammaTensor, poissonTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';
import type { ProbsOrLogits } from './probability.ts';
import { failureProbability, logLikelihood, probsOrLogits } from './probability.ts';

/** The class behind {@link negativeBinomial}. */
export class NegativeBinomial extends Distribution {
  override readonly name: string = 'negativeBinomial';
  override readonly hasRsample: boolean = false;
  readonly totalCount: Parameter;
  readonly isLogits: boolean;
  /** Probabilities or log-odds, as `isLogits` says. */
  readonly parameter: Parameter;

  constructor(totalCount: Parameter, given: ProbsOrLogits) {
    const { isLogits, value } = probsOrLogits('negativeBinomial', given);
    super(broadcastShapes(shapeOf(totalCount), shapeOf(value)));
    this.require('totalCount', totalCount, positive);
    this.require(isLogits ? 'logits' : 'probs', value, isLogits ? real : unitInterval);
    this.totalCount = totalCount;
    this.isLogits = isLogits;
    this.parameter = value;
  }

  override get support(): Constraint {
    return nonNegativeInteger;
  }

  /** Poisson counts whose rates are gamma variables. */
  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const waits = gammaTensor(stream, tf.broadcastTo(asTensor(this.totalCount), [...shape]));
    return poissonTensor(stream, fold.mul(waits, this.odds()));
  }

  /** log of Γ(r + k) / (Γ(r) k!) = 1 / ((r + k) B(r, k + 1)), plus r log(1 - p) + k log p. */
  protected override logDensity(value: Tensor): Tensor {
    const count = operand(this.totalCount);
    const orders = tf.add(lbeta(count, tf.add(value, 1)), tf.log(fold.add(value, count)));
    return tf.sub(logLikelihood(this.isLogits, this.parameter, value, count), orders);
  }

  protected override computeMean(): Operand {
    return fold.mul(operand(this.totalCount), this.odds());
  }

  protected override computeVariance(): Operand {
    return fold.div(this.computeMean(), failureProbability(this.isLogits, this.parameter));
  }

  /** I(r, k + 1, 1 - p). */
  protected override computeCdf(x: Tensor): Tensor {
    const orders = tf.add(tf.floor(tf.relu(x)), 1);
    const below = betainc(operand(this.totalCount), orders, failureProbability(this.isLogits, this.parameter));
    return tf.where(tf.less(x, 0), 0, below);
  }

  /** p / (1 - p). */
  private odds(): Operand {
    const parameter = operand(this.parameter);
    return this.isLogits ? fold.exp(parameter) : fold.div(parameter, fold.sub(1, parameter));
  }
}

/**
 * The number of successes before `totalCount` failures, as float32: Pyro's and PyTorch's convention.
 *
 * @param totalCount - > 0, not necessarily whole.
 * @param given - exactly one of `probs`, the probability of success in [0, 1), and `logits`, its log-odds; broadcasts
 * with `totalCount` to the batch shape.
 */
export function negativeBinomial(totalCount: Parameter, given: ProbsOrLogits): NegativeBinomial {
  return new NegativeBinomial(totalCount, given);
}
