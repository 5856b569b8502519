/** @file What users may pass where a tensor of floats is meant. */
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * `x` as a float32 tensor: itself if it is one, otherwise a new tensor that belongs to the surrounding `tf.tidy`.
 * Casting keeps gradients.
 */
export function toFloat(x: Tensor | TensorLike): Tensor {
  if (x instanceof tf.Tensor) return x.dtype === 'float32' ? x : tf.cast(x, 'float32');
  return tf.tensor(x, undefined, 'float32');
}
