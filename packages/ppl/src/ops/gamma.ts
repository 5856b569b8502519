/** @file The gamma and beta functions and their relatives, as tfjs ops. */
import * as tf from '@tensorflow/tfjs-core';
import type { BinaryOp, UnaryOp } from './elementwise.ts';
import { defineElementwise } from './elementwise.ts';
import * as scalar from './scalar/digamma.ts';
import * as beta from './scalar/lbeta.ts';
import * as gamma from './scalar/lgamma.ts';

/** log |Gamma(x)|; +Infinity at 0, -1, -2, ... */
export const lgamma: UnaryOp = defineElementwise({
  kernelName: 'Lgamma',
  inputs: ['x'],
  f: gamma.lgamma,
  derivatives: (dy, x) => [() => tf.mul(dy, digamma(x))],
});

/** psi(x), the derivative of {@link lgamma}; -Infinity at 0, NaN at negative integers. */
export const digamma: UnaryOp = defineElementwise({
  kernelName: 'Digamma',
  inputs: ['x'],
  f: scalar.digamma,
  derivatives: (dy, x) => [() => tf.mul(dy, polygamma(1, x))],
});

/** The n-th derivative of {@link digamma} at x > 0, for whole n >= 0; constant in n. */
export const polygamma: BinaryOp = defineElementwise({
  kernelName: 'Polygamma',
  inputs: ['n', 'x'],
  f: scalar.polygamma,
  derivatives: (dy, n, x) => [() => tf.zerosLike(dy), () => tf.mul(dy, polygamma(tf.add(n, 1), x))],
});

/** The derivative of {@link digamma}, for x > 0. */
export const trigamma: UnaryOp = (x) => polygamma(1, x);

/** log B(a, b) = lgamma(a) + lgamma(b) - lgamma(a + b) for a, b > 0, without the cancellation of that sum. */
export const lbeta: BinaryOp = defineElementwise({
  kernelName: 'Lbeta',
  inputs: ['a', 'b'],
  f: beta.lbeta,
  derivatives: (dy, a, b) => [
    () => tf.mul(dy, digammaDifference(a, b)),
    () => tf.mul(dy, digammaDifference(b, a)),
  ],
});

/** digamma(a) - digamma(a + b) for a > 0 and b >= 0, without cancellation: the derivative of {@link lbeta} in a. */
export const digammaDifference: BinaryOp = defineElementwise({
  kernelName: 'DigammaDifference',
  inputs: ['a', 'b'],
  f: scalar.digammaDifference,
  derivatives: (dy, a, b) => {
    const ofSum = polygamma(1, tf.add(a, b));
    return [() => tf.mul(dy, tf.sub(polygamma(1, a), ofSum)), () => tf.neg(tf.mul(dy, ofSum))];
  },
});

/** log of the binomial coefficient "n over k", for real 0 <= k <= n; -Infinity outside. */
export const logChoose: BinaryOp = defineElementwise({
  kernelName: 'LogChoose',
  inputs: ['n', 'k'],
  f: beta.logChoose,
  derivatives: (dy, n, k) => {
    const others = tf.add(tf.sub(n, k), 1);
    return [
      () => tf.neg(tf.mul(dy, digammaDifference(others, k))),
      () => tf.mul(dy, tf.sub(digamma(others), digamma(tf.add(k, 1)))),
    ];
  },
});
