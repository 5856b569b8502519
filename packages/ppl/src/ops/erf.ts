/** @file The error function's complement and inverse, as tfjs ops. */
import * as tf from '@tensorflow/tfjs-core';
import type { UnaryOp } from './elementwise.ts';
import { defineElementwise } from './elementwise.ts';
import { exact } from './exact.ts';
import * as scalar from './scalar/erf.ts';

const TWO_OVER_SQRT_PI = 1.1283791670955126;

/** erfc(x) = 1 - erf(x), accurate in its right tail, where that difference is not. */
export const erfc: UnaryOp = defineElementwise({
  kernelName: 'Erfc',
  inputs: ['x'],
  f: scalar.erfc,
  derivatives: (dy, x) => [() => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), -TWO_OVER_SQRT_PI))],
});

/** The x with erf(x) = y: infinite at -1 and 1, NaN outside. */
export const erfinv: UnaryOp = defineElementwise({
  kernelName: 'Erfinv',
  inputs: ['y'],
  f: scalar.erfinv,
  derivatives: (dy, y) => [() => tf.mul(dy, tf.mul(tf.exp(tf.square(erfinv(y))), exact(1 / TWO_OVER_SQRT_PI)))],
});
