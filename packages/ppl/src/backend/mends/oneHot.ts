/** @file `oneHot` of floats on WASM. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { mendKernel, read, write } from '../kernels.ts';

/** WASM writes the bits of integers whatever the type asked for, so that a 1 of float32 is 1.4e-45. */
export function mendOneHot(): void {
  mendKernel('wasm', tf.OneHot, (original) => (call) => {
    const { inputs, attrs, backend } = call;
    if (attrs['dtype'] !== 'float32' && original !== null) return original(call);
    const { indices } = inputs as Record<'indices', TensorInfo>;
    const { depth, onValue, offValue } = attrs as Record<'depth' | 'onValue' | 'offValue', number>;
    const places = read(backend, indices);
    const out = new Float32Array(places.length * depth).fill(offValue);
    places.forEach((place, row) => {
      if (place >= 0 && place < depth) out[row * depth + place] = onValue;
    });
    return write(backend, out, [...indices.shape, depth]);
  });
}
