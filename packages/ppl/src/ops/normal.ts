/** @file The standard normal's distribution function and quantiles, as tfjs ops. */
import * as tf from '@tensorflow/tfjs-core';
import type { UnaryOp } from './elementwise.ts';
import { defineElementwise } from './elementwise.ts';
import * as scalar from './scalar/normal.ts';

const SQRT_2_PI = 2.5066282746310002;

/** Phi(x), the probability of the standard normal below x. */
export const ndtr: UnaryOp = defineElementwise({
  kernelName: 'Ndtr',
  inputs: ['x'],
  f: scalar.ndtr,
  derivatives: (dy, x) => [() => tf.mul(dy, tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / SQRT_2_PI))],
});

/** log Phi(x), which does not underflow. */
export const logNdtr: UnaryOp = defineElementwise({
  kernelName: 'LogNdtr',
  inputs: ['x'],
  f: scalar.logNdtr,
  derivatives: (dy, x) => [() => tf.mul(dy, normalHazard(x))],
});

/** phi(x) / Phi(x), the derivative of {@link logNdtr}. */
export const normalHazard: UnaryOp = defineElementwise({
  kernelName: 'NormalHazard',
  inputs: ['x'],
  f: scalar.normalHazard,
  derivatives: (dy, x) => [
    () => {
      const hazard = normalHazard(x);
      return tf.neg(tf.mul(dy, tf.mul(hazard, tf.add(x, hazard))));
    },
  ],
});

/** The x with Phi(x) = p, the standard normal's quantile: infinite at 0 and 1, NaN outside. */
export const ndtri: UnaryOp = defineElementwise({
  kernelName: 'Ndtri',
  inputs: ['p'],
  f: scalar.ndtri,
  derivatives: (dy, p) => [() => tf.mul(dy, tf.mul(tf.exp(tf.mul(tf.square(ndtri(p)), 0.5)), SQRT_2_PI))],
});
