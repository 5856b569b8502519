/** @file The categorical distribution on one-hot vectors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { realVector } from '../constraints/real.ts';
import { oneHot, simplex } from '../constraints/vectors.ts';
import { logSumExp } from '../ops/logSumExp.ts';
import type { RandomStream } from '../random/stream.ts';
import type { Shape } from '../util/shape.ts';
import { Categorical } from './categorical.ts';
import { classEntropy, classProbabilities, classShape } from './classes.ts';
import { Distribution } from './distribution.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';
import type { ProbsOrLogits } from './probability.ts';
import { probsOrLogits } from './probability.ts';

/** The class behind {@link oneHotCategorical}. */
export class OneHotCategorical extends Distribution {
  override readonly name: string = 'oneHotCategorical';
  override readonly hasRsample: boolean = false;
  readonly isLogits: boolean;
  /** Probabilities, or their logarithms up to a constant, as `isLogits` says; classes along the last dimension. */
  readonly parameter: Parameter;

  constructor(given: ProbsOrLogits) {
    const { isLogits, value } = probsOrLogits('oneHotCategorical', given);
    const { batchShape, numClasses } = classShape('oneHotCategorical', value);
    super(batchShape, [numClasses]);
    this.require(isLogits ? 'logits' : 'probs', value, isLogits ? realVector : simplex);
    this.isLogits = isLogits;
    this.parameter = value;
  }

  override get support(): Constraint {
    return oneHot;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const [numClasses = 0] = this.eventShape;
    const indices = new Categorical(this.isLogits ? { logits: this.parameter } : { probs: this.parameter });
    return tf.cast(tf.oneHot(tf.cast(Distribution.drawOf(indices, shape, stream), 'int32'), numClasses), 'float32');
  }

  protected override logDensity(value: Tensor): Tensor {
    const parameter = asTensor(this.parameter);
    // Chosen by `where` rather than by a product: a class of probability zero has an infinite logarithm.
    const chosen = tf.sum(tf.where(tf.greater(value, 0), parameter, 0), -1);
    return this.isLogits ? tf.sub(chosen, logSumExp(parameter, -1)) : tf.log(chosen);
  }

  protected override computeMean(): Tensor {
    return classProbabilities(this.isLogits, this.parameter);
  }

  protected override computeVariance(): Tensor {
    const probs = this.computeMean();
    return tf.mul(probs, tf.sub(1, probs));
  }

  protected override computeEntropy(): Tensor {
    return classEntropy(this.isLogits, this.parameter);
  }

  override enumerateSupport(): Tensor {
    return tf.tidy(() => {
      const [numClasses = 0] = this.eventShape;
      const values = tf.reshape(tf.eye(numClasses), [numClasses, ...this.batchShape.map(() => 1), numClasses]);
      return tf.broadcastTo(values, [numClasses, ...this.batchShape, numClasses]);
    });
  }
}

/**
 * One of K classes, as a vector with a one at its place and zeros elsewhere.
 *
 * @param given - exactly one of `probs`, which sum to one, and `logits`, their logarithms up to a constant; shape
 * `batchShape + [K]`.
 */
export function oneHotCategorical(given: ProbsOrLogits): OneHotCategorical {
  return new OneHotCategorical(given);
}
