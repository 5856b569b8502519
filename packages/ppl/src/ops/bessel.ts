/** @file Modified Bessel functions of the first kind, as tfjs ops. */
import * as tf from '@tensorflow/tfjs-core';
import type { UnaryOp } from './elementwise.ts';
import { defineElementwise } from './elementwise.ts';
import * as scalar from './scalar/bessel.ts';

/** log I0(x), the normaliser of the von Mises distribution. */
export const logBesselI0: UnaryOp = defineElementwise({
  kernelName: 'LogBesselI0',
  inputs: ['x'],
  f: scalar.logBesselI0,
  derivatives: (dy, x) => [() => tf.mul(dy, besselRatio(x))],
});

/** I1(x) / I0(x), the derivative of {@link logBesselI0} and the mean resultant length of the von Mises distribution. */
export const besselRatio: UnaryOp = defineElementwise({
  kernelName: 'BesselRatio',
  inputs: ['x'],
  f: scalar.besselRatio,
  derivatives: (dy, x) => [() => tf.mul(dy, besselRatioGrad(x))],
});

const besselRatioGrad: UnaryOp = defineElementwise({
  kernelName: 'BesselRatioGrad',
  inputs: ['x'],
  f: scalar.besselRatioGrad,
});
