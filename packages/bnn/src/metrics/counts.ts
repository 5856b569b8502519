/** @file Predictions of counts, as metrics read them. */
import { dist } from '@tychejs/ppl';
import type { Numbers } from './numbers.ts';
import { readNumbers } from './numbers.ts';
import { isRecord } from './gaussian.ts';
import { float32, valuesOf } from './standard.ts';

/** Rates of Poisson distributions: what `likelihoods.poisson({ logRates: false })` predicts, or the exponentials of log-rates. */
export interface CountNumbers {
  readonly rate: Numbers;
}

/** Counts and the rates that were predicted for them, in row-major order. */
export interface Counts {
  readonly shape: readonly number[];
  readonly rate: Float64Array;
  readonly count: Float64Array;
}

/** Whether predictions are of counts. */
export function isCounts(predictions: unknown): predictions is CountNumbers {
  return isRecord(predictions) && 'rate' in predictions;
}

/** @throws RangeError for rates that are not positive, targets that are no counts, or other shapes. */
export function readCounts(where: string, predictions: CountNumbers, targets: Numbers): Counts {
  const rate = readNumbers(where, 'rates', predictions.rate);
  const count = readNumbers(where, 'targets', targets);
  if (rate.shape.join() !== count.shape.join()) {
    throw new RangeError(`${where}: rates have shape [${rate.shape.join(', ')}], but targets have [${count.shape.join(', ')}]`);
  }
  const wrongRate = rate.values.find((r) => !(r > 0));
  if (wrongRate !== undefined) throw new RangeError(`${where}: rates must be positive, got ${wrongRate}`);
  const wrong = count.values.find((y) => !(Number.isInteger(y) && y >= 0));
  if (wrong !== undefined) throw new RangeError(`${where}: targets must be counts 0, 1, 2, ..., got ${wrong}`);
  return { shape: rate.shape, rate: rate.values, count: count.values };
}

/** Log-probabilities of the counts. */
export function logProbabilities({ rate, count }: Counts): Float64Array {
  return valuesOf(() => dist.poisson(float32(rate)).logProb(float32(count)));
}

/** P(Y ≤ count - less). */
export function cumulativeProbabilities({ rate, count }: Counts, less: number): Float64Array {
  return valuesOf(() => dist.poisson(float32(rate)).cdf(float32(count.map((y) => y - less))));
}
