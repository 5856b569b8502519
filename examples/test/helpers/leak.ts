/** @file Asserts that code gives back every tensor it takes. */
import * as tf from '@tensorflow/tfjs-core';

/** Runs `fn`, which may be asynchronous, and fails unless it leaves exactly `keeps` more tensors than it found. */
export function expectNoLeak<R>(fn: () => R, keeps = 0): R {
  const before = tf.memory().numTensors;
  const check = (): void => expect(tf.memory().numTensors - before).toBe(keeps);
  const result = fn();
  if (!(result instanceof Promise)) {
    check();
    return result;
  }
  return result.then((value: unknown) => {
    check();
    return value;
  }) as R;
}
