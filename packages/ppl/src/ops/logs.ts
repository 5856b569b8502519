/** @file Logarithms and exponentials in forms that neither overflow nor cancel, as tfjs ops. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { BinaryOp, UnaryOp } from './elementwise.ts';
import { defineElementwise } from './elementwise.ts';
import * as scalar from './scalar/logs.ts';

/** 1 / (1 + e^-x): tfjs's sigmoid under the name statisticians use. */
export const expit: UnaryOp = (x) => tf.sigmoid(x);

/** log(1 / (1 + e^-x)). */
export const logSigmoid: UnaryOp = defineElementwise({
  kernelName: 'LogSigmoid',
  inputs: ['x'],
  f: scalar.logSigmoid,
  derivatives: (dy, x) => [() => tf.mul(dy, tf.sigmoid(tf.neg(x)))],
});

/** log(p / (1 - p)), the inverse of {@link expit}: infinite at 0 and 1, NaN outside. */
export const logit: UnaryOp = defineElementwise({
  kernelName: 'Logit',
  inputs: ['p'],
  f: scalar.logit,
  derivatives: (dy, p) => [() => tf.div(dy, tf.mul(p, tf.sub(1, p)))],
});

/** The x with log(1 + e^x) = y, for y > 0: the inverse of softplus. */
export const softplusInverse: UnaryOp = defineElementwise({
  kernelName: 'SoftplusInverse',
  inputs: ['y'],
  f: scalar.softplusInverse,
  derivatives: (dy, y) => [() => tf.neg(tf.div(dy, tf.expm1(tf.neg(y))))],
});

/** log(1 - e^x), for x <= 0; NaN above. */
export const log1mexp: UnaryOp = defineElementwise({
  kernelName: 'Log1mExp',
  inputs: ['x'],
  f: scalar.log1mexp,
  derivatives: (dy, x) => [() => tf.neg(tf.div(dy, tf.expm1(tf.neg(x))))],
});

/** log(e^a + e^b); right, and with finite gradients, where either or both are -Infinity. */
export const logaddexp: BinaryOp = defineElementwise({
  kernelName: 'LogAddExp',
  inputs: ['a', 'b'],
  f: scalar.logaddexp,
  derivatives: (dy, a, b) => {
    const difference = tf.sub(a, b);
    // Equal infinities: each counts for a half, as any other equal pair.
    const safe = tf.where(tf.isNaN(difference), tf.zerosLike(difference), difference);
    return [() => tf.mul(dy, tf.sigmoid(safe)), () => tf.mul(dy, tf.sigmoid(tf.neg(safe)))];
  },
});

/** x log y, and 0 where x = 0, even if y = 0. */
export const xlogy: BinaryOp = defineElementwise({
  kernelName: 'Xlogy',
  inputs: ['x', 'y'],
  f: scalar.xlogy,
  derivatives: (dy, x, y) => [
    () => tf.mul(dy, xlogy(unlessBothZero(x, y), y)),
    () => tf.mul(dy, xdivy(x, y)),
  ],
});

/** x log(1 + y), and 0 where x = 0, even if y = -1. */
export const xlog1py: BinaryOp = defineElementwise({
  kernelName: 'Xlog1py',
  inputs: ['x', 'y'],
  f: scalar.xlog1py,
  derivatives: (dy, x, y) => {
    const z = tf.add(y, 1);
    return [() => tf.mul(dy, xlog1py(unlessBothZero(x, z), y)), () => tf.mul(dy, xdivy(x, z))];
  },
});

/** x / y, and 0 where x = 0, even if y = 0. */
export const xdivy: BinaryOp = defineElementwise({
  kernelName: 'Xdivy',
  inputs: ['x', 'y'],
  f: scalar.xdivy,
  derivatives: (dy, x, y) => [
    () => tf.mul(dy, xdivy(unlessBothZero(x, y), y)),
    () => tf.neg(tf.mul(dy, xdivy(xdivy(x, y), y))),
  ],
});

/** 1, but 0 where x and y are both 0: there the derivative in x is taken along the x axis, where the function is 0. */
function unlessBothZero(x: Tensor, y: Tensor): Tensor {
  return tf.cast(tf.logicalOr(tf.notEqual(x, 0), tf.notEqual(y, 0)), 'float32');
}
