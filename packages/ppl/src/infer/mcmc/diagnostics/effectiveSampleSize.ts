/** @file Effective sample size: how many independent draws would tell as much. */
import { meanAutocovariance } from './autocovariance.ts';
import { checkChains, isDiagnosable, pool, splitChains, type Chains } from './chains.ts';
import { mean, sortedQuantile, variance } from './moments.ts';
import { rankNormalise } from './rankNormalise.ts';

/**
 * - `'bulk'`: of the rank-normalised draws; for the centre of the distribution, whether or not it has moments.
 * - `'tail'`: the smaller of those for the 5 % and the 95 % quantile.
 * - `'mean'`: of the draws as they are; what the error of the mean depends on.
 */
export type EssKind = 'bulk' | 'tail' | 'mean';

/**
 * The effective sample size of draws from several chains, each split in two.
 *
 * Source: Vehtari et al. (2021), sections 3.2 and 4.3.
 *
 * @param chains - `[chain, draw]`, of equal length.
 * @returns NaN for fewer than four draws a chain, for draws that are not finite, and when all draws are the same.
 * @throws RangeError when there are no chains, or their lengths differ.
 */
export function effectiveSampleSize(chains: Chains, kind: EssKind = 'bulk'): number {
  const arrays = checkChains('infer.effectiveSampleSize', chains);
  if (!isDiagnosable(arrays)) return Number.NaN;
  const halves = splitChains(arrays);
  if (kind === 'mean') return autocorrelationEss(halves);
  if (kind === 'bulk') return autocorrelationEss(rankNormalise(halves));
  if (kind === 'tail') return tailEss(halves, pool(arrays).sort());
  throw new TypeError(`infer.effectiveSampleSize: kind must be 'bulk', 'tail' or 'mean', got '${String(kind)}'`);
}

/** Of chains already split; `sorted` holds all draws in ascending order. */
export function tailEss(halves: readonly Float64Array[], sorted: Float64Array): number {
  // For a quantile: of the indicator that a draw lies at or below it (Vehtari et al. 2021, section 4.3).
  const quantileEss = (probability: number): number => {
    const threshold = sortedQuantile(sorted, probability);
    return autocorrelationEss(halves.map((half) => atMost(half, threshold)));
  };
  return Math.min(quantileEss(0.05), quantileEss(0.95));
}

/**
 * M N / τ̂ for M chains of N draws, with τ̂ = 1 + 2 Σ ρ̂ₜ the integrated autocorrelation time (Vehtari et al. 2021,
 * equations 9 to 13).
 *
 * The sum runs over pairs P̂ₖ = ρ̂₂ₖ + ρ̂₂ₖ₊₁, which for a reversible chain are positive and decrease: it ends before the
 * first that is not positive, and each is at most the one before (Geyer 1992, initial monotone sequence). Half of the
 * next lag is added, which helps antithetic chains; and τ̂ is kept above 1 / log₁₀ MN. Lags are computed as they are
 * needed: chains that mix need few.
 */
export function autocorrelationEss(chains: readonly Float64Array[]): number {
  const length = chains[0]?.length ?? 0;
  const total = chains.length * length;
  const means = chains.map(mean);
  const autocovariance = meanAutocovariance(chains.map((chain, m) => shifted(chain, means[m] as number)));
  const within = autocovariance(0) * (length / (length - 1));
  const between = chains.length > 1 ? variance(means) : 0;
  const pooled = ((length - 1) / length) * within + between;
  if (!(pooled > 0)) return Number.NaN;
  // Equation 10: what the chains disagree about counts as autocorrelation at every lag.
  const correlation = (lag: number) => 1 - (within - autocovariance(lag)) / pooled;

  let even = 1;
  let odd = correlation(1);
  let lag = 0;
  let previousPair = Infinity;
  let sum = 0;
  while (even + odd > 0 && lag < length - 5) {
    const pair = Math.min(even + odd, previousPair);
    sum += pair;
    previousPair = pair;
    lag += 2;
    even = correlation(lag);
    odd = correlation(lag + 1);
  }
  const time = -1 + 2 * sum + Math.max(0, even);
  return total / Math.max(time, 1 / Math.log10(total));
}

/** 1 where a draw is at most `threshold`, else 0. */
function atMost(chain: Float64Array, threshold: number): Float64Array {
  const indicators = new Float64Array(chain.length);
  for (let t = 0; t < chain.length; t++) indicators[t] = (chain[t] as number) <= threshold ? 1 : 0;
  return indicators;
}

function shifted(chain: Float64Array, by: number): Float64Array {
  const result = new Float64Array(chain.length);
  for (let t = 0; t < chain.length; t++) result[t] = (chain[t] as number) - by;
  return result;
}
