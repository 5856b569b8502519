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
    const kept = values.shape.map((size, i) => (axes.includes(i) ? 1 : size));
    const result = values.size === 0 ? tf.fill(kept, -Infinity) : alongAxes(values, axes);
    return keepDims ? result : tf.squeeze(result, axes);
  });
}

/** The sums over `axes`, which are kept; with a gradient of its own, as that of the maximum would be found in vain. */
function alongAxes(x: Tensor, axes: number[]): Tensor {
  const sums = tf.customGrad((values: Tensor | tf.GradSaveFunc, save: Tensor | tf.GradSaveFunc) => {
    const [given, keep] = [values as Tensor, save as tf.GradSaveFunc];
    keep([given]);
    const { sum, shift } = shifted(given, axes);
    return {
      value: tf.add(tf.log(sum), shift),
      // From the values anew, so that it can be differentiated again. Each entry's share; of nothing, none.
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const { terms, sum: whole } = shifted(saved[0] as Tensor, axes);
        const isNothing = tf.equal(whole, 0);
        return tf.mul(terms, tf.div(dy, tf.where(isNothing, tf.onesLike(whole), whole)));
      },
    };
  });
  return sums(x);
}

/** e^(x - shift) and its sums over `axes`, where the shift is the largest x, if that is finite. */
function shifted(x: Tensor, axes: number[]): { terms: Tensor; sum: Tensor; shift: Tensor } {
  const largest = stopGradient(tf.max(x, axes, true));
  const shift = tf.where(tf.isFinite(largest), largest, tf.zerosLike(largest));
  const terms = tf.exp(tf.sub(x, shift));
  return { terms, sum: tf.sum(terms, axes, true), shift };
}

/** x minus its {@link logSumExp} over the last axis; unlike `tf.logSoftmax` it can be differentiated twice. */
export function logSoftmax(x: Operand): Tensor {
  return tf.tidy(() => {
    const values = toFloat(x);
    return tf.sub(values, logSumExp(values, -1, true));
  });
}
