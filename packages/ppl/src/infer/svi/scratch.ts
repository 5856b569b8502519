/** @file Computing with tensors for the sake of something else. */
import * as tf from '@tensorflow/tfjs-core';

/** What `body` returns, in which there must be no tensors: those that it made are disposed. */
export function scratch<R>(body: () => R): R {
  const engine = tf.engine();
  engine.startScope('scratch');
  try {
    return body();
  } finally {
    engine.endScope([]);
  }
}
