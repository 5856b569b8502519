/** @file Intervals of the real line, with bounds that are numbers or tensors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor, describe } from '../distributions/parameter.ts';
import type { Constraint } from './constraint.ts';

/** The numbers between `lower` and `upper`; whether these are themselves among them is for `isOpen` to say. */
export class Interval implements Constraint {
  readonly name: string;
  readonly eventDim: number = 0;
  readonly isDiscrete: boolean = false;
  /** A number (-Infinity for none) or a tensor that broadcasts with the values. */
  readonly lower: Parameter;
  readonly upper: Parameter;
  readonly isOpen: boolean;
  readonly contains?: (value: number) => boolean;

  constructor(lower: Parameter, upper: Parameter, isOpen: boolean, name: string) {
    this.name = name;
    this.lower = lower;
    this.upper = upper;
    this.isOpen = isOpen;
    if (typeof lower === 'number' && typeof upper === 'number') this.contains = membership(lower, upper, isOpen);
  }

  check(value: Tensor): Tensor {
    return tf.tidy(() => {
      const [exceeds, staysBelow] = this.isOpen ? [tf.greater, tf.less] : [tf.greaterEqual, tf.lessEqual];
      const parts: Tensor[] = [];
      if (this.lower !== -Infinity) parts.push(exceeds(value, asTensor(this.lower)));
      if (this.upper !== Infinity) parts.push(staysBelow(value, asTensor(this.upper)));
      if (parts.length === 0) parts.push(tf.equal(value, value));
      return parts.reduce((a, b) => tf.logicalAnd(a, b));
    });
  }
}

/** Compares in float32, as tensors do: else 0.1 as a tensor would lie above 0.1 as a bound. */
function membership(lower: number, upper: number, isOpen: boolean): (value: number) => boolean {
  const low = Math.fround(lower);
  const high = Math.fround(upper);
  if (!isOpen) return (value) => Math.fround(value) >= low && Math.fround(value) <= high;
  if (upper === Infinity) return (value) => Math.fround(value) > low;
  if (lower === -Infinity) return (value) => Math.fround(value) < high;
  return (value) => Math.fround(value) > low && Math.fround(value) < high;
}

/** Numbers > 0. */
export const positive: Constraint = new Interval(0, Infinity, true, 'positive');

/** Numbers ≥ 0. */
export const nonNegative: Constraint = new Interval(0, Infinity, false, 'nonNegative');

/** Numbers in [0, 1]. */
export const unitInterval: Constraint = new Interval(0, 1, false, 'unitInterval');

/**
 * Numbers in [lower, upper].
 *
 * @throws RangeError when both are numbers and `lower` is not below `upper`.
 */
export function interval(lower: Parameter, upper: Parameter): Constraint {
  if (typeof lower === 'number' && typeof upper === 'number' && !(lower < upper)) {
    throw new RangeError(`constraints.interval: the lower bound must be below the upper, got ${lower} and ${upper}`);
  }
  return between(lower, upper);
}

/** The same, unchecked: for supports of distributions, which say themselves what is wrong with their bounds. */
export function between(lower: Parameter, upper: Parameter): Constraint {
  return new Interval(lower, upper, false, `interval(${describe(lower)}, ${describe(upper)})`);
}

/** Numbers > `lower`. */
export function greaterThan(lower: Parameter): Constraint {
  return new Interval(lower, Infinity, true, `greaterThan(${describe(lower)})`);
}

/** Numbers ≥ `lower`. */
export function greaterThanOrEqual(lower: Parameter): Constraint {
  return new Interval(lower, Infinity, false, `greaterThanOrEqual(${describe(lower)})`);
}

/** Numbers < `upper`. */
export function lessThan(upper: Parameter): Constraint {
  return new Interval(-Infinity, upper, true, `lessThan(${describe(upper)})`);
}
