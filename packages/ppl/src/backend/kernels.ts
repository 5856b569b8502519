/** @file Replacing and composing tfjs kernels. */
import type { KernelBackend, KernelConfig, NamedAttrMap, TensorInfo, TypedArray } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** What a kernel is given. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: KernelBackend;
}

/** A kernel with one result. */
export type Kernel = (call: KernelCall) => TensorInfo;

/** Runs another kernel of the same backend. */
export type RunKernel = (kernelName: string, inputs: Record<string, TensorInfo>, attrs?: object) => TensorInfo;

// On the function, and registered globally, so that a second copy of this library does not mend what is mended.
const MENDED = Symbol.for('@tychejs/ppl mended kernel');

/**
 * Puts a kernel in the place of the backend's own, once. Without the backend (no kernels of that name are registered)
 * nothing is done.
 *
 * @param make - given the backend's own kernel (null where it has none), makes the one to use.
 */
export function mendKernel(backendName: string, kernelName: string, make: (original: Kernel | null) => Kernel): void {
  if (tf.getKernelsForBackend(backendName).length === 0) return;
  // Typed otherwise, but undefined when there is none.
  const present = tf.getKernel(kernelName, backendName) as KernelConfig | undefined;
  if (present && MENDED in present.kernelFunc) return;
  const kernelFunc = Object.assign(make(present ? (present.kernelFunc as Kernel) : null), { [MENDED]: true });
  if (present) tf.unregisterKernel(kernelName, backendName);
  // The backend's own setup function must go on to run: the original kernel may still be called.
  tf.registerKernel({ ...present, kernelName, backendName, kernelFunc: kernelFunc as unknown as KernelConfig['kernelFunc'] });
}

/**
 * A kernel made of other kernels of the backend: what they give is disposed in the end, but for the result. `body` passes
 * intermediate results that it makes by other means to `own`.
 */
export function composedKernel(
  backendName: string,
  body: (call: KernelCall, run: RunKernel, own: (made: TensorInfo) => TensorInfo) => TensorInfo,
): Kernel {
  return (call) => {
    const made: TensorInfo[] = [];
    const own = (info: TensorInfo): TensorInfo => {
      made.push(info);
      return info;
    };
    const run: RunKernel = (kernelName, inputs, attrs = {}) => {
      const { kernelFunc } = tf.getKernel(kernelName, backendName);
      return own(kernelFunc({ inputs, attrs: attrs as NamedAttrMap, backend: call.backend }) as TensorInfo);
    };
    let result: TensorInfo | null = null;
    try {
      result = body(call, run, own);
      return result;
    } finally {
      for (const info of made) if (info !== result) call.backend.disposeData(info.dataId);
    }
  };
}

/** The values of a tensor; not to be written to. */
export function read(backend: KernelBackend, info: TensorInfo): TypedArray {
  return backend.readSync(info.dataId) as TypedArray;
}

/** A new tensor on the backend. */
export function write(backend: KernelBackend, values: Float32Array | Int32Array, shape: number[]): TensorInfo {
  const dtype = values instanceof Int32Array ? 'int32' : 'float32';
  return { dataId: backend.write(values, shape, dtype), shape, dtype };
}

/** The same values under another shape of the same size. */
export function withShape(run: RunKernel, x: TensorInfo, shape: number[]): TensorInfo {
  return run(tf.Reshape, { x }, { shape });
}
