/** @file Integrals of smooth functions, by Gauss-Legendre quadrature. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { toFloat } from '../ops/toFloat.ts';

const COUNT = 64;

/** Points and weights of a rule on [0, 1]. */
interface Rule {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

let rule: Rule | null = null;

/**
 * ∫ f(s) ds from `start` to `end`.
 *
 * @param f - called once with all points along a new last dimension.
 * @returns the shape that `start` and `end` broadcast to, and that of the parameters of `f`.
 */
export function integrate(f: (s: Tensor) => Tensor, start: Tensor, end: Tensor): Tensor {
  rule ??= gaussLegendre(COUNT);
  const width = tf.sub(end, start);
  const s = tf.add(tf.expandDims(start, -1), tf.mul(tf.expandDims(width, -1), toFloat(rule.points)));
  return tf.mul(tf.sum(tf.mul(f(s), toFloat(rule.weights)), -1), width);
}

/** The zeros of the Legendre polynomial of degree n by Newton's method, from Tricomi's approximation. */
function gaussLegendre(n: number): Rule {
  const points = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let step = 0; step < 8; step++) {
      let [previous, value] = [1, x];
      for (let k = 2; k <= n; k++) [previous, value] = [value, ((2 * k - 1) * x * value - (k - 1) * previous) / k];
      slope = (n * (x * value - previous)) / (x * x - 1);
      x -= value / slope;
    }
    points[i] = (1 - x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
}
