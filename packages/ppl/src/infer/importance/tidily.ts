/** @file `tf.tidy` for bodies whose results hold no tensors. */
import * as tf from '@tensorflow/tfjs-core';

/** Runs `body` and frees all tensors that it made. Unlike `tf.tidy`, it does not look through the result for some to keep. */
export function tidily<R>(body: () => R): R {
  const engine = tf.engine();
  engine.startScope('tidily');
  try {
    return body();
  } finally {
    engine.endScope([]);
  }
}
