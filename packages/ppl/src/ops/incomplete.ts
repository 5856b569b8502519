/** @file The regularised incomplete gamma and beta functions, as tfjs ops. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { BinaryOp, TernaryOp } from './elementwise.ts';
import { defineElementwise } from './elementwise.ts';
import { digamma, digammaDifference } from './gamma.ts';
import * as beta from './scalar/betainc.ts';
import * as gamma from './scalar/gammainc.ts';

/** P(a, x), the distribution function of Gamma(a, 1) at x, for a, x >= 0. Second derivatives: all but twice in a. */
export const igamma: BinaryOp = defineElementwise({
  kernelName: 'Igamma',
  inputs: ['a', 'x'],
  f: gamma.igamma,
  derivatives: (dy, a, x) => [() => tf.mul(dy, igammaGradA(a, x)), () => tf.mul(dy, gammaDensity(a, x))],
});

/** Q(a, x) = 1 - P(a, x), accurate in the right tail. */
export const igammac: BinaryOp = defineElementwise({
  kernelName: 'Igammac',
  inputs: ['a', 'x'],
  f: gamma.igammac,
  derivatives: (dy, a, x) => [
    () => tf.neg(tf.mul(dy, igammaGradA(a, x))),
    () => tf.neg(tf.mul(dy, gammaDensity(a, x))),
  ],
});

/** x^(a-1) e^-x / Gamma(a). */
const gammaDensity: BinaryOp = defineElementwise({
  kernelName: 'GammaDensity',
  inputs: ['a', 'x'],
  f: gamma.density,
  derivatives: (dy, a, x) => {
    const scaled = tf.mul(dy, gammaDensity(a, x));
    return [
      () => tf.mul(scaled, tf.sub(tf.log(x), digamma(a))),
      () => tf.mul(scaled, tf.sub(tf.div(tf.sub(a, 1), x), 1)),
    ];
  },
});

const igammaGradA: BinaryOp = defineElementwise({
  kernelName: 'IgammaGradA',
  inputs: ['a', 'x'],
  f: gamma.igammaGradA,
  derivatives: (dy, a, x) => [
    () => unavailable('igamma', 'a'),
    () => tf.mul(tf.mul(dy, gammaDensity(a, x)), tf.sub(tf.log(x), digamma(a))),
  ],
});

/**
 * I(a, b, x), the distribution function of Beta(a, b) at x, for a, b > 0 and 0 <= x <= 1. Second derivatives: those of
 * which at least one is in x.
 */
export const betainc: TernaryOp = defineElementwise({
  kernelName: 'Betainc',
  inputs: ['a', 'b', 'x'],
  f: beta.betainc,
  derivatives: (dy, a, b, x) => [
    () => tf.mul(dy, betaincGradA(a, b, x)),
    () => tf.mul(dy, betaincGradB(a, b, x)),
    () => tf.mul(dy, betaincGradX(a, b, x)),
  ],
});

const betaincGradX: TernaryOp = defineElementwise({
  kernelName: 'BetaincGradX',
  inputs: ['a', 'b', 'x'],
  f: beta.betaincGradX,
  derivatives: (dy, a, b, x) => {
    const scaled = tf.mul(dy, betaincGradX(a, b, x));
    return [
      () => tf.mul(scaled, byA(a, b, x)),
      () => tf.mul(scaled, byB(a, b, x)),
      () => tf.mul(scaled, tf.sub(tf.div(tf.sub(a, 1), x), tf.div(tf.sub(b, 1), tf.sub(1, x)))),
    ];
  },
});

const betaincGradA: TernaryOp = defineElementwise({
  kernelName: 'BetaincGradA',
  inputs: ['a', 'b', 'x'],
  f: beta.betaincGradA,
  derivatives: (dy, a, b, x) => [
    () => unavailable('betainc', 'a'),
    () => unavailable('betainc', 'b'),
    () => tf.mul(tf.mul(dy, betaincGradX(a, b, x)), byA(a, b, x)),
  ],
});

const betaincGradB: TernaryOp = defineElementwise({
  kernelName: 'BetaincGradB',
  inputs: ['a', 'b', 'x'],
  f: beta.betaincGradB,
  derivatives: (dy, a, b, x) => [
    () => unavailable('betainc', 'a'),
    () => unavailable('betainc', 'b'),
    () => tf.mul(tf.mul(dy, betaincGradX(a, b, x)), byB(a, b, x)),
  ],
});

/** The derivative in a of the log density of Beta(a, b). */
function byA(a: Tensor, b: Tensor, x: Tensor): Tensor {
  return tf.sub(tf.log(x), digammaDifference(a, b));
}

/** The derivative in b of the log density of Beta(a, b). */
function byB(a: Tensor, b: Tensor, x: Tensor): Tensor {
  return tf.sub(tf.log1p(tf.neg(x)), digammaDifference(b, a));
}

function unavailable(op: string, input: string): never {
  throw new Error(
    `ops.${op}: no second derivative with respect to its parameters is available (asked for in "${input}"); ` +
      'use differences of first derivatives',
  );
}
