/** @file A few of many. */

/** At most `most` of the indices 0 .. count - 1, evenly spaced. */
export function evenly(count: number, most: number): number[] {
  const size = Math.min(count, most);
  return Array.from({ length: size }, (_, i) => Math.floor((i * count) / size));
}

/** The indices of the `most` largest scores, largest first; NaN is none. */
export function largest(scores: readonly number[], most: number): number[] {
  const score = (i: number): number => scores[i] ?? Number.NaN;
  return [...scores.keys()].filter((i) => !Number.isNaN(score(i)) && score(i) !== -Infinity).toSorted((a, b) => score(b) - score(a)).slice(0, most);
}
