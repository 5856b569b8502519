/** @file Cutting a value out of differentiation. */
import type { KernelConfig, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { ensureKernel } from './kernel.ts';
import type { Operand } from './elementwise.ts';
import { toFloat } from './toFloat.ts';

const NAME = 'StopGradient';

tf.registerGradient({
  kernelName: NAME,
  gradFunc: (dy) => ({ x: () => tf.zerosLike(dy as Tensor) }),
});

/** `x` unchanged, but a constant to differentiation of every order: its gradient is zero. */
export function stopGradient(x: Operand): Tensor {
  // The backend's own Identity under another name, to which the zero gradient is attached.
  ensureKernel(NAME, (backendName) => ({
    ...(tf.getKernel(tf.Identity, backendName) as KernelConfig),
    kernelName: NAME,
  }));
  return tf.tidy(() => tf.engine().runKernel(NAME, { x: x instanceof tf.Tensor ? x : toFloat(x) }));
}
