/** @file Rank normalisation: diagnostics for any distribution, with or without moments. */
import { pool } from './chains.ts';
import { normalQuantile } from './normalQuantile.ts';

/**
 * Replaces every draw by the normal quantile of its rank among all draws of all chains; tied draws share their mean rank.
 *
 * Source: Vehtari, Gelman, Simpson, Carpenter, Bürkner, "Rank-normalization, folding, and localization: an improved R̂"
 * (Bayesian Analysis 2021), equation 14.
 */
export function rankNormalise(chains: readonly Float64Array[]): Float64Array[] {
  const sorted = pool(chains).sort();
  const size = sorted.length;
  // Where several draws are equal, the first of them holds the score for all.
  const scores = new Float64Array(size);
  for (let start = 0; start < size; ) {
    let end = start + 1;
    while (end < size && sorted[end] === sorted[start]) end++;
    const meanRank = (start + 1 + end) / 2;
    scores[start] = normalQuantile((meanRank - 3 / 8) / (size + 1 / 4));
    start = end;
  }
  return chains.map((chain) => chain.map((draw) => scores[firstAtLeast(sorted, draw)] ?? 0));
}

/** The index of the first entry of `sorted` that is not below `value`, by bisection. */
function firstAtLeast(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
