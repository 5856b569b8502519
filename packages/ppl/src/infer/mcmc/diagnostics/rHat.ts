/** @file R̂, the potential scale reduction factor. */
import { checkChains, isDiagnosable, pool, splitChains, type Chains } from './chains.ts';
import { mean, sortedQuantile, variance } from './moments.ts';
import { atPlaces, foldedScores, placesOf, rankScores } from './rankNormalise.ts';

/**
 * Rank-normalised split R̂: the larger of the one for location and, with draws folded about their median, the one for
 * scale. Near 1 when chains agree; do not trust draws with more than 1.01.
 *
 * Source: Vehtari et al. (2021), section 4.1.
 *
 * @param chains - `[chain, draw]`, of equal length; one chain is compared with itself, its first half with its second.
 * @returns NaN for fewer than four draws a chain, for draws that are not finite, and when all draws are the same;
 *   Infinity when every half chain stands still, but not all at the same value.
 * @throws RangeError when there are no chains, or their lengths differ.
 */
export function splitRHat(chains: Chains): number {
  const arrays = checkChains('infer.splitRHat', chains);
  if (!isDiagnosable(arrays)) return Number.NaN;
  const halves = splitChains(arrays);
  const sorted = pool(halves).sort();
  const places = placesOf(halves, sorted);
  return rankRHat(atPlaces(places, rankScores(sorted)), atPlaces(places, foldedScores(sorted, sortedQuantile(sorted, 0.5))));
}

/** {@link splitRHat} from the rank-normalised draws of split chains, and those of draws folded about the median. */
export function rankRHat(scores: readonly Float64Array[], folded: readonly Float64Array[]): number {
  const location = rHat(scores);
  const scale = rHat(folded);
  // Folding may leave nothing that varies, as for draws of two values; then there is no scale to compare.
  return Number.isNaN(scale) ? location : Math.max(location, scale);
}

/** R̂ of chains as they are (Gelman and Rubin 1992; Vehtari et al. 2021, equation 4). */
function rHat(chains: readonly Float64Array[]): number {
  const length = chains[0]?.length ?? 0;
  const within = mean(chains.map(variance));
  const between = variance(chains.map(mean)); // B/n
  return Math.sqrt(((length - 1) / length) + between / within);
}
