/** @file Registering our own kernels on whatever backend is in use. */
import type { KernelConfig } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Registers a kernel on the active backend at its first use there, unless that backend already has one of that name (a
 * backend may bring its own).
 */
export function ensureKernel(kernelName: string, make: (backendName: string) => KernelConfig): void {
  // Null until the first op of the process; asking for the backend itself starts it, or says that it must be awaited.
  const backendName = (tf.getBackend() as string | null) ?? (tf.backend(), tf.getBackend());
  // Typed otherwise, but undefined when there is none.
  const present = tf.getKernel(kernelName, backendName) as KernelConfig | undefined;
  if (present === undefined) tf.registerKernel(make(backendName));
}
