/** @file tfjs as the tests use it: the cpu backend, with gradients, and without its banner. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';

/** Makes the cpu backend active. */
export async function useCpu(): Promise<void> {
  (tf.findBackend('cpu') as { firstUse?: boolean }).firstUse = false;
  await tf.setBackend('cpu');
}

/** Runs `body` and checks that tfjs holds as many tensors and bytes afterwards as before. */
export function expectNoLeak<T>(body: () => T): T {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  const result = body();
  expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers, numBytes });
  return result;
}
