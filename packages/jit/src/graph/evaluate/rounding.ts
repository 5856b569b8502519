/** @file How floats are rounded. */

/** What becomes of each float, and of each partial sum and product, when it has been worked out. */
export type Rounding = (x: number) => number;

/** Float64: nothing. */
export const exact: Rounding = (x) => x;
