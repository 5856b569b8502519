/** @file How far predicted numbers are off, and how far they expect to be. */
import type { CountNumbers } from './counts.ts';
import { isCounts, readCounts } from './counts.ts';
import type { GaussianNumbers } from './gaussian.ts';
import { deviations, readGaussian, standardised } from './gaussian.ts';
import type { Numbers } from './numbers.ts';

/**
 * The root of the mean squared distance of targets from predicted means, or of counts from predicted rates.
 *
 * @param predictions - `{ mean, scale }`, or `{ rate }`.
 * @param targets - of the predictions' shape; each number counts by itself.
 * @throws TypeError, RangeError for predictions or targets that do not fit.
 */
export function rootMeanSquaredError(predictions: GaussianNumbers | CountNumbers, targets: Numbers): number {
  const where = 'metrics.rootMeanSquaredError';
  const residuals = isCounts(predictions) ? ofCounts(where, predictions, targets) : ofNumbers(where, predictions, targets);
  return Math.sqrt(residuals.reduce((sum, residual) => sum + residual * residual, 0) / residuals.length);
}

/**
 * The mean of the predicted standard deviations: of two predictions that are calibrated, the sharper one says more (Gneiting,
 * Balabdaoui and Raftery, 2007).
 *
 * @throws TypeError, RangeError for predictions that do not fit, or have no variance.
 */
export function sharpness(predictions: GaussianNumbers): number {
  const where = 'metrics.sharpness';
  const all = deviations(where, readGaussian(where, predictions));
  return all.reduce((sum, deviation) => sum + deviation, 0) / all.length;
}

function ofNumbers(where: string, predictions: GaussianNumbers, targets: Numbers): Float64Array {
  const read = readGaussian(where, predictions);
  return standardised(where, read, targets).map((z, i) => z * (read.scale[i] ?? Number.NaN));
}

function ofCounts(where: string, predictions: CountNumbers, targets: Numbers): Float64Array {
  const { rate, count } = readCounts(where, predictions, targets);
  return count.map((y, i) => y - (rate[i] ?? Number.NaN));
}
