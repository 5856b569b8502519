/** @file The Bernoulli distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { boolean } from '../constraints/integers.ts';
import { unitInterval } from '../constraints/interval.ts';
import { real } from '../constraints/real.ts';
import type { RandomStream } from '../random/stream.ts';
import { bernoulliTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';
import { failureProbability, logLikelihood, probsOrLogits, successProbability } from './probability.ts';
import type { ProbsOrLogits } from './probability.ts';

/** The class behind {@link bernoulli}. */
export class Bernoulli extends Distribution {
  override readonly name: string = 'bernoulli';
  override readonly hasRsample: boolean = false;
  readonly isLogits: boolean;
  /** Probabilities or log-odds, as `isLogits` says. */
  readonly parameter: Parameter;

  constructor(given: ProbsOrLogits) {
    const { isLogits, value } = probsOrLogits('bernoulli', given);
    super(shapeOf(value));
    this.require(isLogits ? 'logits' : 'probs', value, isLogits ? real : unitInterval);
    this.isLogits = isLogits;
    this.parameter = value;
  }

  override get support(): Constraint {
    return boolean;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return bernoulliTensor(stream, tf.broadcastTo(asTensor(this.computeMean()), [...shape]));
  }

  protected override logDensity(value: Tensor): Tensor {
    if (!this.isLogits) return logLikelihood(false, this.parameter, value, tf.sub(1, value));
    // The log-odds with their sign turned for successes; exact where the probability is nearly one.
    const against = fold.mul(tf.sub(1, tf.mul(value, 2)), operand(this.parameter));
    return tf.neg(tf.softplus(against));
  }

  protected override computeMean(): Operand {
    return successProbability(this.isLogits, this.parameter);
  }

  protected override computeVariance(): Operand {
    return fold.mul(this.computeMean(), failureProbability(this.isLogits, this.parameter));
  }

  protected override computeEntropy(): Operand {
    const failure = failureProbability(this.isLogits, this.parameter);
    return tf.neg(logLikelihood(this.isLogits, this.parameter, this.computeMean(), failure));
  }

  override enumerateSupport(): Tensor {
    return tf.tidy(() => {
      const values = tf.reshape(tf.tensor1d([0, 1]), [2, ...this.batchShape.map(() => 1)]);
      return tf.broadcastTo(values, [2, ...this.batchShape]);
    });
  }
}

/**
 * 1 with a certain probability, else 0, as float32.
 *
 * @param given - exactly one of `probs`, in [0, 1], and `logits`, the log-odds; its shape is the batch shape.
 */
export function bernoulli(given: ProbsOrLogits): Bernoulli {
  return new Bernoulli(given);
}
