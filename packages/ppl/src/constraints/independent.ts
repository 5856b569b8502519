/** @file Arrays whose elements all lie in one set. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from './constraint.ts';

/** The class behind {@link independent}. */
export class IndependentConstraint implements Constraint {
  readonly name: string;
  readonly eventDim: number;
  readonly isDiscrete: boolean;
  readonly base: Constraint;
  /** How many dimensions the set of arrays has more than `base`. */
  readonly reinterpreted: number;

  constructor(base: Constraint, reinterpreted: number, name: string = `independent(${base.name}, ${reinterpreted})`) {
    this.name = name;
    this.base = base;
    this.reinterpreted = reinterpreted;
    this.eventDim = base.eventDim + reinterpreted;
    this.isDiscrete = base.isDiscrete;
  }

  check(value: Tensor): Tensor {
    return tf.tidy(() => {
      const inside = this.base.check(value);
      const axes = Array.from({ length: this.reinterpreted }, (_, i) => inside.rank - 1 - i);
      return tf.all(inside, axes);
    });
  }
}

/**
 * The set of arrays of `n` dimensions (beyond those of `base`) whose elements all lie in `base`.
 *
 * @throws RangeError when `n` is not a non-negative integer.
 */
export function independent(base: Constraint, n: number): Constraint {
  if (!Number.isInteger(n) || n < 0) {
    throw new RangeError(`constraints.independent: n must be a non-negative integer, got ${n}`);
  }
  if (n === 0) return base;
  if (base instanceof IndependentConstraint) return new IndependentConstraint(base.base, base.reinterpreted + n);
  return new IndependentConstraint(base, n);
}
