/** @file The categorical distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { isTracing } from '../backend/tracing.ts';
import type { Constraint } from '../constraints/constraint.ts';
import { integerInterval } from '../constraints/integers.ts';
import { realVector } from '../constraints/real.ts';
import { simplex } from '../constraints/vectors.ts';
import { logSumExp } from '../ops/logSumExp.ts';
import type { RandomStream } from '../random/stream.ts';
import { categoricalTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { sameShape } from '../util/shape.ts';
import { classEntropy, classShape } from './classes.ts';
import { Distribution } from './distribution.ts';
import type { Operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';
import { probsOrLogits } from './probability.ts';
import type { ProbsOrLogits } from './probability.ts';

/** The class behind {@link categorical}. */
export class Categorical extends Distribution {
  override readonly name: string = 'categorical';
  override readonly hasRsample: boolean = false;
  readonly isLogits: boolean;
  /** Probabilities, or their logarithms up to a constant, as `isLogits` says; classes along the last dimension. */
  readonly parameter: Parameter;
  readonly numClasses: number;

  constructor(given: ProbsOrLogits) {
    const { isLogits, value } = probsOrLogits('categorical', given);
    const { batchShape, numClasses } = classShape('categorical', value);
    super(batchShape);
    this.require(isLogits ? 'logits' : 'probs', value, isLogits ? realVector : simplex);
    this.isLogits = isLogits;
    this.parameter = value;
    this.numClasses = numClasses;
  }

  override get dtype(): 'int32' {
    return 'int32';
  }

  override get support(): Constraint {
    return integerInterval(0, this.numClasses - 1);
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const given = asTensor(this.parameter);
    const batch = given.shape.slice(0, -1);
    const lead = shape.length - batch.length;
    // One table of probabilities serves all draws of a row.
    const isPlain = sameShape(shape.slice(lead), batch);
    const weights = isPlain ? given : tf.broadcastTo(given, [...shape, this.numClasses]);
    const sampleShape = isPlain ? shape.slice(0, lead) : [];
    return categoricalTensor(stream, this.isLogits ? { logits: weights } : { probs: weights }, sampleShape);
  }

  protected override logDensity(value: Tensor): Tensor {
    const parameter = asTensor(this.parameter);
    // Chosen by `where` rather than by a product: a class of probability zero has an infinite logarithm.
    const isChosen = tf.cast(tf.oneHot(value, this.numClasses), 'bool');
    const chosen = tf.sum(tf.where(isChosen, parameter, 0), -1);
    if (!this.isLogits) return tf.log(chosen);
    const logProb = tf.sub(chosen, logSumExp(parameter, -1));
    // A program cannot complain of a value that is no class: it gives NaN.
    return isTracing() ? tf.where(this.isClass(value), logProb, Number.NaN) : logProb;
  }

  private isClass(value: Tensor): Tensor {
    return tf.logicalAnd(tf.greaterEqual(value, 0), tf.less(value, this.numClasses));
  }

  /** NaN: classes are names, not quantities. */
  protected override computeMean(): Operand {
    return Number.NaN;
  }

  protected override computeVariance(): Operand {
    return Number.NaN;
  }

  protected override computeEntropy(): Operand {
    return classEntropy(this.isLogits, this.parameter);
  }

  override enumerateSupport(): Tensor {
    return tf.tidy(() => {
      const values = tf.reshape(tf.range(0, this.numClasses, 1, 'int32'), [-1, ...this.batchShape.map(() => 1)]);
      return tf.cast(tf.broadcastTo(values, [this.numClasses, ...this.batchShape]), 'int32');
    });
  }
}

/**
 * One of K classes, as an int32 index.
 *
 * @param given - exactly one of `probs`, which sum to one, and `logits`, their logarithms up to a constant; shape
 * `batchShape + [K]`.
 */
export function categorical(given: ProbsOrLogits): Categorical {
  return new Categorical(given);
}
