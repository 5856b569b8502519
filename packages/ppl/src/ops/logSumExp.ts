/** @file Sums on the log scale. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Operand } from './elementwise.ts';
import { stopGradient } from './stopGradient.ts';
import { toFloat } from './toFloat.ts';

/**
 * log of the sum of e^x over `axis` (default: all axes); -Infinity over an empty axis.
 *
 * Unlike `tf.logSumExp` it is -Infinity, with zero gradient, where all entries are -Infinity, and can be differentiated
 * twice.
 */
export function logSumExp(x: Operand, axis?: number | number[] | null, keepDims = false): Tensor {
  return tf.tidy(() => {
    const values = toFloat(x);
    const axes = tf.util.parseAxisParam(axis ?? values.shape.map((_, i) => i), values.shape);
    if (values.size === 0) {
      const kept = values.shape.map((size, i) => (axes.includes(i) ? 1 : size));
      const empty = tf.fill(kept, -Infinity);
      return keepDims ? empty : tf.squeeze(empty, axes);
    }
    const largest = stopGradient(tf.max(values, axes, true));
    const shift = tf.where(tf.isFinite(largest), largest, tf.zerosLike(largest));
    const sum = tf.sum(tf.exp(tf.sub(values, shift)), axes, true);
    const empty = tf.equal(sum, 0);
    // The logarithm is never taken of 0, so that its infinite derivative does not arise.
    const log = tf.add(tf.log(tf.where(empty, tf.onesLike(sum), sum)), shift);
    const result = tf.where(empty, tf.fill(sum.shape, -Infinity), log);
    return keepDims ? result : tf.squeeze(result, axes);
  });
}

/** x minus its {@link logSumExp} over the last axis; unlike `tf.logSoftmax` it can be differentiated twice. */
export function logSoftmax(x: Operand): Tensor {
  return tf.tidy(() => {
    const values = toFloat(x);
    return tf.sub(values, logSumExp(values, -1, true));
  });
}
