/** @file The logarithm of 2, in two parts. */
import type { ByPrecision } from './mathLanes.ts';

/** ln 2; the first part ends in so many zeros that its product with any exponent is exact (Cody and Waite, 1980). */
export const LN2: ByPrecision<readonly [high: number, low: number]> = {
  float64: [0.6931471803691238, 1.9082149292705877e-10],
  float32: [0.693145751953125, 1.4286068203094173e-6],
};
