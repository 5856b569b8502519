/** @file The negative log-likelihood of predictions, of classes or of real numbers. */
import { checkOptions } from '@tychejs/ppl';
import type { ClassOptions } from './classes.ts';
import { CLASS_KEYS, readClasses, readLabels } from './classes.ts';
import type { CountNumbers } from './counts.ts';
import { isCounts, logProbabilities, readCounts } from './counts.ts';
import type { GaussianNumbers } from './gaussian.ts';
import { isGaussian, readGaussian, standardised } from './gaussian.ts';
import type { Numbers } from './numbers.ts';
import { logDensities } from './standard.ts';

const WHERE = 'metrics.negativeLogLikelihood';

/**
 * The mean over the data of -log p(y | prediction), in nats; Infinity if what was predicted to be impossible happened.
 *
 * @param predictions - of classes: probabilities (or logits) `[..., classes]`, or of yes `[n]` or `[..., 1]`. Of real
 * numbers: `{ mean, scale }`, as Gaussian likelihoods predict them, with means of the targets' shape; with `df`, t distributions.
 * Of counts: `{ rate }`, of the targets' shape.
 * @param targets - classes 0, 1, ..., or numbers. Numbers of shape `[n, ...]` are n data, and log densities are summed over
 * the other dimensions.
 * @throws TypeError, RangeError for predictions, targets or options that do not fit.
 */
export function negativeLogLikelihood(
  predictions: Numbers | GaussianNumbers | CountNumbers,
  targets: Numbers,
  options: ClassOptions = {},
): number {
  checkOptions(WHERE, options, CLASS_KEYS);
  if (isGaussian(predictions) || isCounts(predictions)) {
    if (options.logits !== undefined) throw new TypeError(`${WHERE}: logits is for predictions of classes, not for { mean, scale } or { rate }`);
    return isCounts(predictions) ? ofCounts(predictions, targets) : ofNumbers(predictions, targets);
  }
  const read = readClasses(WHERE, predictions, options.logits ?? false);
  const labels = readLabels(WHERE, targets, read);
  return labels.reduce((sum, label, row) => sum - (read.logProbs[row * read.classes + label] ?? Number.NaN), 0) / read.rows;
}

function ofNumbers(predictions: GaussianNumbers, targets: Numbers): number {
  const read = readGaussian(WHERE, predictions);
  const logs = logDensities(standardised(WHERE, read, targets), read.df);
  return -logs.reduce((sum, log, i) => sum + log - Math.log(read.scale[i] ?? Number.NaN), 0) / (read.shape[0] ?? 1);
}

function ofCounts(predictions: CountNumbers, targets: Numbers): number {
  const counts = readCounts(WHERE, predictions, targets);
  return -logProbabilities(counts).reduce((sum, log) => sum + log, 0) / (counts.shape[0] ?? 1);
}
