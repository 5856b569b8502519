/** @file Whether what runs now is being recorded for the compiler. */
import * as tf from '@tensorflow/tfjs-core';

let isSingle = false;

/** Whether `@tychejs/jit` is tracing: tensors then stand for values that are not known yet, so that none can be read. */
export function isTracing(): boolean {
  return tf.getBackend() === 'trace';
}

/** Whether what is recorded will run in float64, so that neither constants nor clamps should be float32's. */
export function isTracingDouble(): boolean {
  return isTracing() && !isSingle;
}

/** Runs the synchronous `body`, which traces a program for float32. */
export function forSinglePrecision<R>(body: () => R): R {
  const before = isSingle;
  isSingle = true;
  try {
    return body();
  } finally {
    isSingle = before;
  }
}
