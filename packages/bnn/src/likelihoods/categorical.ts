/** @file One of several classes. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { canReadSynchronously, checkOptions, dist, ops } from '@tychejs/ppl';
import type { LikelihoodOptions } from './likelihood.ts';
import { LIKELIHOOD_KEYS } from './likelihood.ts';
import { OutputLikelihood } from './outputLikelihood.ts';

export interface CategoricalOptions extends LikelihoodOptions {
  /** Whether the net's outputs are logarithms of probabilities up to a constant (the default), or probabilities. */
  readonly logits?: boolean;
}

const WHERE = 'likelihoods.categorical';

export class CategoricalLikelihood extends OutputLikelihood {
  /** Whether outputs are logarithms of probabilities up to a constant; else probabilities. */
  readonly isLogits: boolean;

  constructor(options: CategoricalOptions = {}) {
    checkOptions(WHERE, options, [...LIKELIHOOD_KEYS, 'logits']);
    super(WHERE, options, 0);
    this.isLogits = options.logits ?? true;
  }

  /** The mean probabilities, as logarithms if the outputs are; this is the mixture exactly. */
  override aggregatePredictions(predictions: Tensor, axis: number = 0): Tensor {
    if (!this.isLogits) return tf.mean(predictions, axis);
    return tf.tidy(() => {
      const count = predictions.shape[axis < 0 ? axis + predictions.rank : axis] ?? 1;
      return tf.sub(ops.logSumExp(tf.logSoftmax(predictions), axis), Math.log(count));
    });
  }

  protected override elementwise(predictions: Tensor): dist.Distribution {
    return dist.categorical(this.isLogits ? { logits: predictions } : { probs: predictions });
  }

  protected override targetShape(predictions: Tensor): readonly number[] {
    return predictions.shape.slice(0, -1);
  }

  protected override readTargets(targets: Tensor, predictions: Tensor): Tensor {
    const classes = predictions.shape.at(-1) ?? 0;
    if (canReadSynchronously()) {
      const wrong = targets.dataSync().find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
      if (wrong !== undefined) {
        throw new RangeError(`${WHERE}: targets must be class labels 0 .. ${classes - 1}, as the net has ${classes} outputs; got ${wrong}`);
      }
    }
    return tf.cast(targets, 'int32');
  }

  /** 1 where the likeliest class is a wrong one. */
  protected override elementwiseError(predictions: Tensor, targets: Tensor): Tensor {
    return tf.cast(tf.notEqual(tf.argMax(predictions, -1), targets), 'float32');
  }

  protected override shapeAdvice(predictions: Tensor, targets: readonly number[]): string {
    if (predictions.shape.at(-1) === 1) return 'Give the net an output for each class; for yes or no from a single output, the likelihood is bernoulli().';
    if (predictions.shape.join() === targets.join()) return 'Targets are class labels; if yours are one-hot, pass tf.argMax(y, -1).';
    if (targets.at(-1) === 1) return 'Targets are class labels, without a dimension for the classes: tf.squeeze(y, [-1]).';
    return 'Targets are class labels: one integer for each row of outputs.';
  }
}

/**
 * y ~ Categorical, with classes along the last dimension of the net's outputs and integer labels 0, 1, ... as targets.
 * Predictions are logits (or probabilities, with `logits: false`); the error is 1 for a wrong class.
 *
 * @param options - `eventDim` is 0 by default: every label is a datum.
 */
export function categorical(options: CategoricalOptions = {}): CategoricalLikelihood {
  return new CategoricalLikelihood(options);
}
