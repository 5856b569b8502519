/** @file The real line and real vectors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from './constraint.ts';
import { IndependentConstraint } from './independent.ts';

/** The class behind {@link real}. */
export class Real implements Constraint {
  readonly name: string = 'real';
  readonly eventDim: number = 0;
  readonly isDiscrete: boolean = false;

  check(value: Tensor): Tensor {
    // Only NaN differs from itself.
    return tf.equal(value, value);
  }

  readonly contains = (value: number): boolean => !Number.isNaN(value);
}

/** Any finite or infinite number, but not NaN. */
export const real: Constraint = new Real();

/** Vectors of real numbers. */
export const realVector: Constraint = new IndependentConstraint(real, 1, 'realVector');
