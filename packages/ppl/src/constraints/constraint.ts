/** @file What a constraint is: the set that a value must lie in. */
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * A set of values. Bounds may be tensors, so that a support can depend on other sites.
 *
 * Constraints are instances of classes: `transforms.registerBijection` dispatches on them.
 */
export interface Constraint {
  /** As error messages print it: `positive`, `interval(0, 1)`. */
  readonly name: string;
  /** Number of rightmost dimensions of a value that belong together: 1 for a simplex. */
  readonly eventDim: number;
  /** Whether the set is countable. */
  readonly isDiscrete: boolean;
  /**
   * Which elements of `value` lie in the set.
   *
   * @returns booleans of shape `value.shape` without its last `eventDim` dimensions, broadcast with the bounds. NaN lies
   * in no set.
   */
  check(value: Tensor): Tensor;
  /** The same for one number, where the set is one of numbers with fixed bounds: spares making tensors. */
  readonly contains?: (value: number) => boolean;
}
