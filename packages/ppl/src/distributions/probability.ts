/** @file Probabilities of success, given as such or as log-odds. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { xlog1py, xlogy } from '../ops/logs.ts';
import { checkOptions } from '../util/options.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';

/** Exactly one of the two. */
export interface ProbsOrLogits {
  /** Probabilities. */
  readonly probs?: Parameter;
  /** Log-odds, or for several classes logarithms of probabilities up to a constant. */
  readonly logits?: Parameter;
}

/** Takes the one that was given. @throws TypeError unless exactly one was. */
export function probsOrLogits(family: string, given: ProbsOrLogits): { isLogits: boolean; value: Parameter } {
  checkOptions(family, given, ['probs', 'logits']);
  const { probs, logits } = given;
  if (probs !== undefined && logits === undefined) return { isLogits: false, value: probs };
  if (logits !== undefined && probs === undefined) return { isLogits: true, value: logits };
  throw new TypeError(`${family}: give exactly one of { probs } and { logits }`);
}

/** The probability of success. */
export function successProbability(isLogits: boolean, value: Parameter): Operand {
  return isLogits ? fold.sigmoid(operand(value)) : operand(value);
}

/** The probability of failure, without cancellation where it is small and log-odds are given. */
export function failureProbability(isLogits: boolean, value: Parameter): Operand {
  return isLogits ? fold.sigmoid(fold.neg(operand(value))) : fold.sub(1, operand(value));
}

/** log p. */
export function logSuccess(isLogits: boolean, value: Parameter): Operand {
  return isLogits ? fold.neg(fold.softplus(fold.neg(operand(value)))) : fold.log(operand(value));
}

/** log(1 - p). */
export function logFailure(isLogits: boolean, value: Parameter): Operand {
  return isLogits ? fold.neg(fold.softplus(operand(value))) : fold.log1p(fold.neg(operand(value)));
}

/** successes · log p + failures · log(1 - p), where 0 log 0 counts as 0. */
export function logLikelihood(isLogits: boolean, value: Parameter, successes: Operand, failures: Operand): Tensor {
  const x = operand(value);
  if (!isLogits) return tf.add(xlogy(successes, x), xlog1py(failures, fold.neg(x)));
  const lost = fold.mul(successes, fold.softplus(fold.neg(x)));
  const missed = fold.mul(failures, fold.softplus(x));
  return tf.neg(fold.add(lost, missed));
}
