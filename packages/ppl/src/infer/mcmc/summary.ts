/** @file The posterior of each scalar in a few numbers. */
import { checkChains, isDiagnosable, pool, splitChains, type Chains } from './diagnostics/chains.ts';
import { autocorrelationEss, tailEss } from './diagnostics/effectiveSampleSize.ts';
import { mean, sortedQuantile, variance } from './diagnostics/moments.ts';
import { atPlaces, foldedScores, placesOf, rankScores } from './diagnostics/rankNormalise.ts';
import { rankRHat } from './diagnostics/rHat.ts';

export interface ScalarSummary {
  readonly mean: number;
  readonly sd: number;
  /** Monte Carlo standard error of the mean. */
  readonly mcseMean: number;
  /** Quantiles at 5, 50 and 95 %. */
  readonly q5: number;
  readonly q50: number;
  readonly q95: number;
  /** Effective sample sizes for the centre and for the 5 and 95 % quantiles. */
  readonly essBulk: number;
  readonly essTail: number;
  /** Rank-normalised split R̂. */
  readonly rHat: number;
}

/** By scalar name, as in `mu`, `theta[3]`, `w[1,2]`. */
export type Summary = Record<string, ScalarSummary>;

/**
 * The same numbers as the functions of `diagnostics/` give one by one, but sorting and ranking the draws only once.
 *
 * @param chains - `[chain, draw]`, of equal length.
 */
export function summariseScalar(chains: Chains): ScalarSummary {
  const arrays = checkChains('summary', chains);
  const sorted = pool(arrays).sort();
  const sd = Math.sqrt(variance(sorted));
  const moments = {
    mean: mean(sorted),
    sd,
    q5: sortedQuantile(sorted, 0.05),
    q50: sortedQuantile(sorted, 0.5),
    q95: sortedQuantile(sorted, 0.95),
  };
  if (!isDiagnosable(arrays)) {
    return { ...moments, mcseMean: Number.NaN, essBulk: Number.NaN, essTail: Number.NaN, rHat: Number.NaN };
  }
  const halves = splitChains(arrays);
  // Splitting leaves out the middle draw of an odd number.
  const ranked = halves.length * (halves[0]?.length ?? 0) === sorted.length ? sorted : pool(halves).sort();
  const places = placesOf(halves, ranked);
  const scores = atPlaces(places, rankScores(ranked));
  const folded = atPlaces(places, foldedScores(ranked, sortedQuantile(ranked, 0.5)));
  return {
    ...moments,
    mcseMean: sd / Math.sqrt(autocorrelationEss(halves)),
    essBulk: autocorrelationEss(scores),
    essTail: tailEss(halves, sorted),
    rHat: rankRHat(scores, folded),
  };
}
