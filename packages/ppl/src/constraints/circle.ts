/** @file Angles. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from './constraint.ts';

/** The class behind {@link circle}. */
export class Circle implements Constraint {
  readonly name: string = 'circle';
  readonly eventDim: number = 0;
  readonly isDiscrete: boolean = false;

  check(value: Tensor): Tensor {
    return tf.isFinite(value);
  }

  readonly contains = (value: number): boolean => Number.isFinite(value);
}

/** Angles in radians; those that differ by full turns are one. */
export const circle: Constraint = new Circle();
