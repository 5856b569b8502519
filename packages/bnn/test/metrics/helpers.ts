/** @file Random predictions, and sums over them. */
import fc from 'fast-check';

export const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
export const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;

export function softmax(logits: readonly number[]): number[] {
  const exps = logits.map(Math.exp);
  return exps.map((e) => e / sum(exps));
}

export interface Case {
  readonly logits: number[][];
  readonly labels: number[];
}

/** A logit of class k; those of different classes are never the same. */
const logit = (k: number): fc.Arbitrary<number> => fc.integer({ min: -400, max: 400 }).map((n) => n / 97 + k * 0.00371);

/** Logits and labels of up to 40 data with 3 classes. */
export const cases: fc.Arbitrary<Case> = fc
  .array(fc.tuple(fc.tuple(logit(0), logit(1), logit(2)), fc.integer({ min: 0, max: 2 })), { minLength: 1, maxLength: 40 })
  .map((rows) => ({ logits: rows.map(([logits]) => [...logits]), labels: rows.map(([, label]) => label) }));
