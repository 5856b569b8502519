/** @file Asserts that code gives back every tensor it takes. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs `fn` and fails when `tf.memory().numTensors` afterwards is not what it was before.
 *
 * Tensors that `fn` returns are to be disposed by `fn` itself, or given as `keeps`: the number that may stay.
 * When `fn` throws, the count is checked first and then the error is thrown on, so `expect(() => expectNoLeak(...))
 * .toThrow(/.../)` checks both.
 */
export function expectNoLeak<R>(fn: () => R, keeps = 0): R {
  const before = tf.memory().numTensors;
  let result: R;
  try {
    result = fn();
  } catch (error) {
    check(before, 0, `, which threw: ${String(error)}`);
    throw error;
  }
  if (!isPromise(result)) {
    check(before, keeps, '');
    return result;
  }
  return result.then(
    (value: unknown) => {
      check(before, keeps, '');
      return value;
    },
    (error: unknown) => {
      check(before, 0, `, which threw: ${String(error)}`);
      throw error;
    },
  ) as R;
}

// Not `instanceof`: promises of Node's own modules come from outside the realm that Jest runs tests in.
function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

function check(before: number, keeps: number, how: string): void {
  const left = tf.memory().numTensors - before;
  if (left !== keeps) {
    throw new Error(`tensor leak: expected ${keeps} more tensors than before, found ${left}${how}`);
  }
}
