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
  return atPlaces(placesOf(chains, sorted), rankScores(sorted));
}

/**
 * For every draw, the index in `sorted`, which holds all draws in ascending order, of the first that equals it.
 *
 * By bisection within the bucket, of as many as there are draws and of equal width, that a draw falls into.
 */
export function placesOf(chains: readonly Float64Array[], sorted: Float64Array): Uint32Array[] {
  const { length } = sorted;
  const least = sorted[0] as number;
  const range = (sorted[length - 1] as number) - least;
  const bucketsPerUnit = range > 0 && range < Infinity ? (length - 1) / range : 0;
  // Bucket b holds indices ends[b] to ends[b + 1] - 1.
  const ends = new Uint32Array(length + 1);
  for (let i = 0; i < length; i++) ends[Math.floor(((sorted[i] as number) - least) * bucketsPerUnit) + 1] = i + 1;
  for (let b = 1; b <= length; b++) if (ends[b] === 0) ends[b] = ends[b - 1] as number;
  return chains.map((chain) => {
    const places = new Uint32Array(chain.length);
    for (let t = 0; t < chain.length; t++) {
      const draw = chain[t] as number;
      const bucket = Math.floor((draw - least) * bucketsPerUnit);
      places[t] = firstAtLeast(sorted, draw, ends[bucket] as number, ends[bucket + 1] as number);
    }
    return places;
  });
}

/** `scores` taken at places. */
export function atPlaces(places: readonly Uint32Array[], scores: Float64Array): Float64Array[] {
  return places.map((chain) => {
    const own = new Float64Array(chain.length);
    for (let t = 0; t < chain.length; t++) own[t] = scores[chain[t] as number] as number;
    return own;
  });
}

/** The normal quantiles of the ranks of draws in ascending order. */
export function rankScores(sorted: Float64Array): Float64Array {
  return scoresInOrder(sorted, (rank) => rank);
}

/** The normal quantiles of the ranks that draws in ascending order have by their distance from `centre`. */
export function foldedScores(sorted: Float64Array, centre: number): Float64Array {
  const { length } = sorted;
  const distances = new Float64Array(length);
  const order = new Uint32Array(length);
  // Distances grow both ways from the centre: merging the two ways sorts them.
  let above = firstAtLeast(sorted, centre, 0, length);
  let below = above - 1;
  for (let rank = 0; rank < length; rank++) {
    const up = above < length ? Math.abs((sorted[above] as number) - centre) : Infinity;
    const down = below >= 0 ? Math.abs((sorted[below] as number) - centre) : Infinity;
    const takesUp = below < 0 || (above < length && up <= down);
    distances[rank] = takesUp ? up : down;
    order[rank] = takesUp ? above++ : below--;
  }
  return scoresInOrder(distances, (rank) => order[rank] as number);
}

/** The scores of `sorted`, where the one of rank k (from 0) belongs to index `indexOf(k)`. */
function scoresInOrder(sorted: Float64Array, indexOf: (rank: number) => number): Float64Array {
  const size = sorted.length;
  const table = normalScores(size);
  const scores = new Float64Array(size);
  for (let start = 0; start < size; ) {
    let end = start + 1;
    while (end < size && sorted[end] === sorted[start]) end++;
    const score = table[start + end - 1] as number;
    for (let rank = start; rank < end; rank++) scores[indexOf(rank)] = score;
    start = end;
  }
  return scores;
}

let latestScores = { size: 0, table: new Float64Array(0) };

/** Φ⁻¹((r - 3/8) / (size + 1/4)) for the mean ranks r = 1, 1.5, 2, ... `size`: the same for every scalar of a run. */
function normalScores(size: number): Float64Array {
  if (latestScores.size !== size) {
    const table = Float64Array.from({ length: 2 * size - 1 }, (_, i) => normalQuantile((1 + i / 2 - 3 / 8) / (size + 1 / 4)));
    latestScores = { size, table };
  }
  return latestScores.table;
}

/** The index of the first entry of `sorted` from `low` to `high - 1` that is not below `value`; `high` if there is none. */
function firstAtLeast(sorted: Float64Array, value: number, low: number, high: number): number {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] as number) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
