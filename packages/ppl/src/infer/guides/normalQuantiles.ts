/** @file Quantiles of normals. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ndtri } from '../../ops/scalar/normal.ts';

/** The quantiles of normals with means and standard deviations `shape`: shape `[qs.length, ...shape]`. */
export function normalQuantiles(qs: readonly number[], mean: Tensor, standardDeviation: Tensor): Tensor {
  const scores = tf.reshape(tf.tensor1d(qs.map(ndtri)), [qs.length, ...mean.shape.map(() => 1)]);
  return tf.add(mean, tf.mul(scores, standardDeviation));
}
