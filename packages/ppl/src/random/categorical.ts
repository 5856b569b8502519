/** @file Categories drawn by inverting running sums of weights. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { fineUniform } from './keyed.ts';

/** The unnormalised weights of categories, along the last axis: as they are, or as their logarithms. */
export type CategoricalWeights = { readonly probs: Tensor } | { readonly logits: Tensor };

/** Running sums of each row's weights, in float64. @throws Error when a row's weights are none. */
export function runningSums(weights: CategoricalWeights): Float64Array {
  const areLogits = 'logits' in weights;
  const { source, categories } = tableOf(weights);
  const values = source.dataSync();
  const sums = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += categories) {
    let largest = -Infinity;
    for (let k = start; areLogits && k < start + categories; k++) largest = Math.max(largest, values[k] as number);
    let sum = 0;
    for (let k = start; k < start + categories; k++) {
      const value = values[k] as number;
      const weight = areLogits ? Math.exp(value - largest) : value;
      if (!(weight >= 0)) throw new Error(`categoricalTensor: ${areLogits ? 'logit' : 'weight'} ${value} in row ${start / categories}`);
      sum += weight;
      sums[k] = sum;
    }
    if (!(sum > 0 && sum < Infinity)) throw new Error(`categoricalTensor: weights of row ${start / categories} sum to ${sum}`);
  }
  return sums;
}

/** The rows of a table of weights. */
export function tableOf(weights: CategoricalWeights): { source: Tensor; categories: number; batch: number[] } {
  const source = 'probs' in weights ? weights.probs : weights.logits;
  return { source, categories: source.shape.at(-1) ?? 0, batch: source.shape.slice(0, -1) };
}

/**
 * By binary search.
 *
 * @param sums - from {@link runningSums}.
 * @param u - uniform numbers, of shape [...sampleShape, ...batch].
 * @param v - their finer bits.
 */
export function searchCategories(sums: Float64Array, categories: number, u: ArrayLike<number>, v: ArrayLike<number>): Int32Array {
  const rows = sums.length / categories;
  return Int32Array.from({ length: u.length }, (_, i) => {
    const start = (i % rows) * categories;
    const target = fineUniform(u[i] as number, v[i] as number) * (sums[start + categories - 1] as number);
    return search(sums, start, categories, target);
  });
}

/** The first category whose running sum exceeds `target`, which lies below the last running sum but for rounding. */
function search(sums: Float64Array, start: number, categories: number, target: number): number {
  let low = 0;
  let high = categories - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[start + middle] as number) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The same as tensor expressions, by counting the running sums that are not beyond the target; int32. */
export function countCategories(weights: CategoricalWeights, u: Tensor, v: Tensor): Tensor {
  const { source, categories, batch } = tableOf(weights);
  const masses = 'logits' in weights ? tf.exp(tf.sub(source, tf.max(source, -1, true))) : source;
  const sums = tf.cumsum(masses, masses.rank - 1);
  const total = tf.slice(sums, [...batch.map(() => 0), categories - 1], [...batch, 1]);
  const fine = tf.add(u, tf.mul(tf.sub(v, 0.5), 2 ** -23));
  const target = tf.mul(tf.expandDims(fine, -1), total);
  // The second condition is for targets that are rounded to the total: categories of no weight at the end are not drawn.
  const isBefore = tf.logicalAnd(tf.lessEqual(sums, target), tf.less(sums, total));
  return tf.sum(tf.cast(isBefore, 'int32'), -1);
}
