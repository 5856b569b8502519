/** @file Sets of integers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor, describe } from '../distributions/parameter.ts';
import type { Constraint } from './constraint.ts';

/** The integers from `lower` to `upper`, both included. */
export class IntegerInterval implements Constraint {
  readonly name: string;
  readonly eventDim: number = 0;
  readonly isDiscrete: boolean = true;
  readonly lower: Parameter;
  /** Infinity for none. */
  readonly upper: Parameter;
  readonly contains?: (value: number) => boolean;

  constructor(lower: Parameter, upper: Parameter, name: string) {
    this.name = name;
    this.lower = lower;
    this.upper = upper;
    if (typeof lower === 'number' && typeof upper === 'number') {
      this.contains = (value) => Number.isInteger(value) && value >= lower && value <= upper;
    }
  }

  check(value: Tensor): Tensor {
    return tf.tidy(() => {
      const x = asTensor(value);
      // Infinity less its whole part is NaN.
      const isWhole = tf.equal(tf.sub(x, tf.floor(x)), 0);
      let inside = tf.logicalAnd(isWhole, tf.greaterEqual(x, asTensor(this.lower)));
      if (this.upper !== Infinity) inside = tf.logicalAnd(inside, tf.lessEqual(x, asTensor(this.upper)));
      return inside;
    });
  }
}

/** 0 or 1. */
export const boolean: Constraint = new IntegerInterval(0, 1, 'boolean');

/** 0, 1, 2, ... */
export const nonNegativeInteger: Constraint = new IntegerInterval(0, Infinity, 'nonNegativeInteger');

/** 1, 2, 3, ... */
export const positiveInteger: Constraint = new IntegerInterval(1, Infinity, 'positiveInteger');

/** The integers from `lower` to `upper`, both included. */
export function integerInterval(lower: Parameter, upper: Parameter): Constraint {
  return new IntegerInterval(lower, upper, `integerInterval(${describe(lower)}, ${describe(upper)})`);
}
