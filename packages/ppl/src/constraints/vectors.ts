/** @file Sets of vectors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor, describe } from '../distributions/parameter.ts';
import type { Constraint } from './constraint.ts';

/** How far the sum of a float32 simplex may be from one. */
const SUM_TOLERANCE = 1e-5;

/** The class behind {@link simplex}. */
export class Simplex implements Constraint {
  readonly name: string = 'simplex';
  readonly eventDim: number = 1;
  readonly isDiscrete: boolean = false;

  check(value: Tensor): Tensor {
    return tf.tidy(() => {
      const nonNegative = tf.all(tf.greaterEqual(value, 0), -1);
      const sumsToOne = tf.less(tf.abs(tf.sub(tf.sum(value, -1), 1)), SUM_TOLERANCE);
      return tf.logicalAnd(nonNegative, sumsToOne);
    });
  }
}

/** Vectors in strictly ascending order, all of it above zero if `isPositive`. */
export class Ordered implements Constraint {
  readonly name: string;
  readonly eventDim: number = 1;
  readonly isDiscrete: boolean = false;
  readonly isPositive: boolean;

  constructor(isPositive: boolean) {
    this.name = isPositive ? 'positiveOrdered' : 'ordered';
    this.isPositive = isPositive;
  }

  check(value: Tensor): Tensor {
    return tf.tidy(() => {
      const size = value.shape.at(-1) ?? 0;
      const within = tf.all(this.isPositive ? tf.greater(value, 0) : tf.equal(value, value), -1);
      if (size < 2) return within;
      const batch = value.shape.slice(0, -1);
      const smaller = tf.slice(value, value.shape.map(() => 0), [...batch, size - 1]);
      const larger = tf.slice(value, [...batch.map(() => 0), 1]);
      return tf.logicalAnd(within, tf.all(tf.greater(larger, smaller), -1));
    });
  }
}

/** The class behind {@link oneHot}. */
export class OneHot implements Constraint {
  readonly name: string = 'oneHot';
  readonly eventDim: number = 1;
  readonly isDiscrete: boolean = true;

  check(value: Tensor): Tensor {
    return tf.tidy(() => {
      const isBit = tf.logicalOr(tf.equal(value, 0), tf.equal(value, 1));
      return tf.logicalAnd(tf.all(isBit, -1), tf.equal(tf.sum(value, -1), 1));
    });
  }
}

/** Vectors of counts. */
export class Counts implements Constraint {
  readonly name: string;
  readonly eventDim: number = 1;
  readonly isDiscrete: boolean = true;
  /** What the counts of each vector sum to. */
  readonly total: Parameter;

  constructor(total: Parameter) {
    this.name = `countsOf(${describe(total)})`;
    this.total = total;
  }

  check(value: Tensor): Tensor {
    return tf.tidy(() => {
      const isCount = tf.logicalAnd(tf.greaterEqual(value, 0), tf.equal(value, tf.floor(value)));
      return tf.logicalAnd(tf.all(isCount, -1), tf.equal(tf.sum(value, -1), asTensor(this.total)));
    });
  }
}

/** Vectors of numbers ≥ 0 that sum to one (to 1e-5). */
export const simplex: Constraint = new Simplex();

/** Vectors in strictly ascending order. */
export const ordered: Constraint = new Ordered(false);

/** Vectors of positive numbers in strictly ascending order. */
export const positiveOrdered: Constraint = new Ordered(true);

/** Vectors with a single one among zeros. */
export const oneHot: Constraint = new OneHot();

/** Vectors of whole numbers ≥ 0 that sum to `total`. */
export function countsOf(total: Parameter): Constraint {
  return new Counts(total);
}
