/** @file Draws from several approximations together, as draws from their mixture, weighted and resampled. */
import type { RandomStream } from '../../random/stream.ts';
import { systematicResample } from '../importance/resampling.ts';
import { logMeanExp, normalisedWeights } from '../importance/weights.ts';
import type { SampleArray } from '../mcmc/samples.ts';
import type { NormalApproximation } from './normalApproximation.ts';

/** A draw, and log p there: -Infinity where the density is zero or undefined. */
export interface PooledDraw {
  readonly position: Float64Array;
  readonly logDensity: number;
}

/** The positions of `draws` in one array, of shape [draw, dimension]. */
export function stack(draws: readonly PooledDraw[], dimension: number): SampleArray {
  const data = new Float64Array(draws.length * dimension);
  draws.forEach(({ position }, i) => data.set(position, i * dimension));
  return { data, shape: [draws.length, dimension] };
}

/**
 * log p - log q of each draw, with q the mixture of all `approximations` in equal parts, given that each contributed as many of
 * the draws.
 *
 * With its own approximation as q for each draw, as in the paper, a mode that three paths of four end in counts thrice as much
 * as it should; with the mixture, each mode counts as much as it has mass, and a bad approximation does no harm but to waste its
 * draws.
 *
 * Source: Veach and Guibas, "Optimally combining sampling techniques for Monte Carlo rendering" (SIGGRAPH 1995): the balance
 * heuristic.
 */
export function mixtureLogRatios(
  draws: readonly PooledDraw[],
  approximations: readonly NormalApproximation[],
): Float64Array {
  return Float64Array.from(draws, ({ position, logDensity }) => {
    if (logDensity === -Infinity) return -Infinity;
    return logDensity - logMeanExp(approximations.map((approximation) => approximation.logDensity(position)));
  });
}

/** Indices of `count` draws with replacement, by weight (systematic resampling), in random order. */
export function resample(logWeights: ArrayLike<number>, count: number, stream: RandomStream): Int32Array {
  const chosen = systematicResample(normalisedWeights(logWeights), stream.uniform(), count);
  return stream.choose(count, count).map((i) => chosen[i] ?? 0);
}
