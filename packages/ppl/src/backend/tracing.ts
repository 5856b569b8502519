/** @file Whether what runs now is being recorded for the compiler. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Whether `@tychejs/jit` is tracing: tensors then stand for values that are not known yet, so that none can be read, and
 * what is recorded will run in float64, so that neither constants nor clamps should be float32's.
 */
export function isTracing(): boolean {
  return tf.getBackend() === 'trace';
}
