/** @file `constraints.*`: the sets that values and parameters lie in. */
export { Circle, circle } from './circle.ts';
export type { Constraint } from './constraint.ts';
export { IndependentConstraint, independent } from './independent.ts';
export { boolean, IntegerInterval, integerInterval, nonNegativeInteger, positiveInteger } from './integers.ts';
export {
  greaterThan,
  greaterThanOrEqual,
  Interval,
  interval,
  lessThan,
  nonNegative,
  positive,
  unitInterval,
} from './interval.ts';
export {
  CorrCholesky,
  corrCholesky,
  LowerCholesky,
  lowerCholesky,
  PositiveDefinite,
  positiveDefinite,
} from './matrices.ts';
export { Real, real, realVector } from './real.ts';
export { Counts, countsOf, OneHot, oneHot, Ordered, ordered, positiveOrdered, Simplex, simplex } from './vectors.ts';
