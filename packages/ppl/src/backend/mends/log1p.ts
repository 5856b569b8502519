/** @file log(1 + x) on WASM. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { mendKernel, read, write } from '../kernels.ts';

/** WASM adds 1 to x before taking the logarithm: for small x nothing is left of what log1p is for. */
export function mendLog1p(): void {
  mendKernel('wasm', tf.Log1p, () => ({ inputs, backend }) => {
    const { x } = inputs as Record<'x', TensorInfo>;
    return write(backend, Float32Array.from(read(backend, x), Math.log1p), x.shape);
  });
}
