/** @file The probability integral transform: where in its predicted distribution each target lies. */
import { checkOptions } from '@tychejs/ppl';
import type { CountNumbers } from './counts.ts';
import { cumulativeProbabilities, isCounts, readCounts } from './counts.ts';
import type { GaussianNumbers } from './gaussian.ts';
import { readGaussian, standardised } from './gaussian.ts';
import type { Numbers } from './numbers.ts';
import { distributionFunctions } from './standard.ts';

/**
 * P(Y ≤ y) of each target y under its prediction, in row-major order. If predictions are right, these are uniform on (0, 1): many in
 * the middle say that predictions are too wide, many at both ends that they are too narrow (Dawid, 1984).
 *
 * @param predictions - `{ mean, scale }`, normal; with `df`, t distributions.
 * @param targets - of the means' shape.
 * @throws TypeError, RangeError for predictions or targets that do not fit.
 */
export function pitValues(predictions: GaussianNumbers, targets: Numbers): number[] {
  return Array.from(transform('metrics.pitValues', predictions, targets));
}

export interface PitHistogramOptions {
  /** Number of bins of equal width over [0, 1]; 10 by default. */
  readonly bins?: number;
}

/**
 * The density of the probability integral transform in each bin: 1 in all of them, up to noise, if predictions are right.
 *
 * @param predictions - as of {@link pitValues}; or `{ rate }` of counts, for which a target's share of a bin is how much of the step
 * of its distribution function at y lies there (Czado, Gneiting and Held, 2009, eq. 2).
 * @throws TypeError, RangeError for predictions, targets or options that do not fit.
 */
export function pitHistogram(predictions: GaussianNumbers | CountNumbers, targets: Numbers, options: PitHistogramOptions = {}): number[] {
  const where = 'metrics.pitHistogram';
  checkOptions(where, options, ['bins']);
  const { bins = 10 } = options;
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`${where}: bins must be a positive integer, got ${bins}`);
  const densities = Array.from({ length: bins }, () => 0);
  const shares = isCounts(predictions) ? ofCounts(where, predictions, targets) : ofNumbers(where, predictions, targets);
  for (const share of shares) {
    for (let bin = 0; bin < bins; bin++) densities[bin] = (densities[bin] ?? 0) + share(bin / bins, (bin + 1) / bins);
  }
  return densities.map((total) => (total / shares.length) * bins);
}

/** How much of a target lies between two values of the transform. */
type Share = (lower: number, upper: number) => number;

function ofNumbers(where: string, predictions: GaussianNumbers, targets: Numbers): Share[] {
  return Array.from(transform(where, predictions, targets), (u): Share => (lower, upper) => Number((u > lower || lower === 0) && u <= upper));
}

function ofCounts(where: string, predictions: CountNumbers, targets: Numbers): Share[] {
  const counts = readCounts(where, predictions, targets);
  const [below, upTo] = [cumulativeProbabilities(counts, 1), cumulativeProbabilities(counts, 0)];
  return Array.from(upTo, (high, i): Share => {
    const low = below[i] ?? Number.NaN;
    const reached = (u: number): number => Math.min(1, Math.max(0, (u - low) / (high - low)));
    return (lower, upper) => reached(upper) - reached(lower);
  });
}

function transform(where: string, predictions: GaussianNumbers, targets: Numbers): Float64Array {
  const read = readGaussian(where, predictions);
  return distributionFunctions(standardised(where, read, targets), read.df);
}
