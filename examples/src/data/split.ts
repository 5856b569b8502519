/** @file Rows to train on and rows to hold out. */
import { RandomStream } from '@tychejs/ppl';

export interface Split<Row> {
  readonly train: readonly Row[];
  readonly test: readonly Row[];
}

/**
 * Holds out a random part of `rows`; both parts keep the order of the rows.
 *
 * @param heldOut - the fraction to hold out, rounded to a whole number of rows.
 * @param seed - the same seed makes the same split.
 */
export function split<Row>(rows: readonly Row[], heldOut: number, seed: number): Split<Row> {
  const chosen = new Set(RandomStream.fromSeed(seed).choose(rows.length, Math.round(heldOut * rows.length)));
  return { train: rows.filter((_, i) => !chosen.has(i)), test: rows.filter((_, i) => chosen.has(i)) };
}
