/** @file The real line and real vectors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from './constraint.ts';

/** Any finite or infinite number, but not NaN. */
export const real: Constraint = {
  name: 'real',
  eventDim: 0,
  isDiscrete: false,
  check: (value: Tensor) => tf.logicalNot(tf.isNaN(value)),
  contains: (value: number) => !Number.isNaN(value),
};

/** Vectors of real numbers. */
export const realVector: Constraint = {
  name: 'realVector',
  eventDim: 1,
  isDiscrete: false,
  check: (value: Tensor) => tf.all(tf.logicalNot(tf.isNaN(value)), -1),
};
