/** @file Yes or no. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, dist, ops } from '@tychejs/ppl';
import type { LikelihoodOptions } from './likelihood.ts';
import { LIKELIHOOD_KEYS } from './likelihood.ts';
import { OutputLikelihood } from './outputLikelihood.ts';

export interface BernoulliOptions extends LikelihoodOptions {
  /** Whether the net's outputs are log-odds (the default) or probabilities. */
  readonly logits?: boolean;
}

const WHERE = 'likelihoods.bernoulli';

export class BernoulliLikelihood extends OutputLikelihood {
  /** Whether outputs are log-odds; else probabilities. */
  readonly isLogits: boolean;

  constructor(options: BernoulliOptions = {}) {
    checkOptions(WHERE, options, [...LIKELIHOOD_KEYS, 'logits']);
    super(WHERE, options, 0);
    this.isLogits = options.logits ?? true;
  }

  /** The mean probability, as log-odds if the outputs are; this is the mixture exactly. */
  override aggregatePredictions(predictions: Tensor, axis: number = 0): Tensor {
    if (!this.isLogits) return tf.mean(predictions, axis);
    return tf.tidy(() => {
      const [yes, no] = [predictions, tf.neg(predictions)].map((x) => ops.logSumExp(ops.logSigmoid(x), axis)) as [Tensor, Tensor];
      return tf.sub(yes, no);
    });
  }

  protected override elementwise(predictions: Tensor): dist.Distribution {
    return dist.bernoulli(this.isLogits ? { logits: predictions } : { probs: predictions });
  }

  protected override targetShape(predictions: Tensor): readonly number[] {
    return predictions.shape;
  }

  protected override readTargets(targets: Tensor): Tensor {
    return tf.cast(targets, 'float32');
  }

  /** 1 where the likelier answer is the wrong one. */
  protected override elementwiseError(predictions: Tensor, targets: Tensor): Tensor {
    const answer = tf.greater(predictions, this.isLogits ? 0 : 0.5);
    return tf.cast(tf.notEqual(tf.cast(answer, 'float32'), targets), 'float32');
  }

  protected override shapeAdvice(predictions: Tensor, targets: readonly number[]): string {
    const front = predictions.shape.slice(0, -1).join();
    if (predictions.shape.at(-1) === 1 && front === targets.join()) return 'Give the targets a last dimension of one: tf.expandDims(y, -1).';
    const labels = front === targets.join() ? ' If the targets are class labels, the likelihood is categorical().' : '';
    return `Give the net's last layer as many units as a target has answers, or reshape the targets.${labels}`;
  }
}

/**
 * y ~ Bernoulli, with targets 0 and 1. Predictions are log-odds (or probabilities, with `logits: false`); the error is 1
 * for a wrong answer.
 *
 * @param options - `eventDim` is 0 by default: every element is a datum.
 */
export function bernoulli(options: BernoulliOptions = {}): BernoulliLikelihood {
  return new BernoulliLikelihood(options);
}
