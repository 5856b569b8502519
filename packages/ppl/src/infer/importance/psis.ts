/** @file Pareto-smoothed importance sampling. */
import { checkOptions } from '../../util/options.ts';
import { checkPositive } from '../mcmc/checks.ts';
import { fitGeneralisedPareto, paretoQuantile, shrinkShape } from './generalisedPareto.ts';
import { checkLogWeights } from './weights.ts';

export interface PsisOptions {
  /**
   * The effective number of draws divided by their number, where draws come from a Markov chain; default 1. A smaller one
   * makes the tail longer.
   */
  readonly relativeEfficiency?: number;
}

/** Importance weights, smoothed, with what their tail says of them. */
export interface Psis {
  /**
   * Logarithms of the weights, in their order and on their scale, not normalised: the largest replaced by what is expected of
   * the tail they are from, and none above the largest that there was.
   */
  readonly logWeights: Float64Array;
  /**
   * The shape of the generalised Pareto distribution fitted to the largest weights: they have 1/k moments. Above
   * {@link threshold}, estimates from the weights are not to be relied on. -Infinity where the largest weights are all the
   * same, Infinity where there are too few to say.
   */
  readonly k: number;
  /** How many weights the tail has. */
  readonly tailLength: number;
  /** What k has to stay below: see {@link paretoKThreshold}. */
  readonly threshold: number;
}

const SMALLEST_TAIL = 5;

/**
 * Smooths the largest of some importance weights and tells, by k̂, whether there were enough draws for them.
 *
 * Source: Vehtari, Simpson, Gelman, Yao and Gabry, "Pareto smoothed importance sampling" (JMLR 2024), algorithm 1.
 *
 * @param logWeights - logarithms of the weights, up to a constant; -Infinity for a weight of zero.
 * @throws RangeError when a log weight is NaN or Infinity, or all weights are zero.
 */
export function psis(logWeights: ArrayLike<number>, options: PsisOptions = {}): Psis {
  const where = 'infer.psis';
  checkOptions(where, options, ['relativeEfficiency']);
  const { relativeEfficiency = 1 } = options;
  checkPositive(where, 'relativeEfficiency', relativeEfficiency);
  checkLogWeights(where, logWeights);
  const count = logWeights.length;
  const smoothed = Float64Array.from(logWeights);
  const threshold = paretoKThreshold(count);
  const tailLength = Math.ceil(Math.min(0.2 * count, 3 * Math.sqrt(count / relativeEfficiency)));
  if (tailLength < SMALLEST_TAIL || tailLength >= count) return { logWeights: smoothed, k: Infinity, tailLength, threshold };
  const k = smoothTail(smoothed, tailLength);
  return { logWeights: smoothed, k, tailLength, threshold };
}

/**
 * min(1 - 1/log₁₀ S, 0.7): up to this k, S draws are enough for estimates from their weights to be close to the truth with
 * high probability.
 *
 * Source: Vehtari et al. (2024), equation 13.
 */
export function paretoKThreshold(numDraws: number): number {
  return Math.min(1 - 1 / Math.log10(numDraws), 0.7);
}

/** Replaces the largest `length` of the weights by order statistics of their tail, and returns its k. */
function smoothTail(logWeights: Float64Array, length: number): number {
  const sorted = logWeights.toSorted();
  const count = sorted.length;
  // Relative to the largest weight, so that exponentials neither overflow nor all vanish.
  const largest = sorted[count - 1] as number;
  const lowest = sorted[count - length] as number;
  if (largest - lowest < Number.EPSILON / 100) return -Infinity;
  const cutoff = Math.exp((sorted[count - length - 1] as number) - largest);
  const exceedances = sorted.subarray(count - length).map((x) => Math.exp(x - largest) - cutoff);
  const fit = fitGeneralisedPareto(exceedances);
  const shape = shrinkShape(fit.shape, length);
  if (!Number.isFinite(shape)) return Infinity;
  const pareto = { shape, scale: fit.scale };
  for (const [rank, index] of tailIndices(logWeights, lowest, length).entries()) {
    const expected = Math.log(paretoQuantile(pareto, (rank + 0.5) / length) + cutoff);
    logWeights[index] = largest + Math.min(0, expected);
  }
  return shape;
}

/** Where the largest `length` weights stand, of which `lowest` is the smallest, in ascending order of weight. */
function tailIndices(logWeights: Float64Array, lowest: number, length: number): number[] {
  const indices: number[] = [];
  for (let i = 0; i < logWeights.length; i++) if ((logWeights[i] as number) >= lowest) indices.push(i);
  indices.sort((a, b) => (logWeights[a] as number) - (logWeights[b] as number));
  // Of several equal to the lowest, some may be one too many.
  return indices.slice(indices.length - length);
}
