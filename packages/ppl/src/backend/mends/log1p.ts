/** @file log(1 + x) on WASM. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { mendKernel, read, write } from '../kernels.ts';

/**
 * WASM adds 1 to x before taking the logarithm, in float32: for small x nothing is left of what log1p is for. In float64
 * the sum keeps all digits of a float32 x that is not so small that log1p(x) is x.
 */
export function mendLog1p(): void {
  mendKernel('wasm', tf.Log1p, () => ({ inputs, backend }) => {
    const { x } = inputs as Record<'x', TensorInfo>;
    const values = read(backend, x);
    const out = new Float32Array(values.length);
    for (let i = 0; i < out.length; i++) {
      const value = values[i] as number;
      out[i] = value > -1e-8 && value < 1e-8 ? value : Math.log(1 + value);
    }
    return write(backend, out, x.shape);
  });
}
