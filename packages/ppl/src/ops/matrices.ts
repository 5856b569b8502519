/** @file Shapes and batches of matrices, for the kernels of linear algebra. */
import type { KernelBackend, KernelConfig, TensorInfo, TypedArray } from '@tensorflow/tfjs-core';
import { format, sizeOf } from '../util/shape.ts';

/** The size n of the square matrices of a shape [..., n, n]. @throws Error naming `op` when it is none. */
export function squareSize(op: string, shape: readonly number[]): number {
  const n = shape.at(-1);
  if (n === undefined || shape.length < 2 || shape.at(-2) !== n) {
    throw new Error(`ops.${op}: expected square matrices [..., n, n], got shape ${format(shape)}`);
  }
  return n;
}

/** Makes a kernel of a function on float64 values; its result is stored as float32. */
export function matrixKernel(
  kernelName: string,
  backendName: string,
  compute: (inputs: readonly MatrixInput[], attrs: Readonly<Record<string, unknown>>) => MatrixOutput,
  names: readonly string[],
): KernelConfig {
  return {
    kernelName,
    backendName,
    kernelFunc: ({ inputs, backend: storage, attrs }) => {
      const backend = storage as KernelBackend;
      const read = names.map((name) => {
        const { dataId, shape } = inputs[name] as TensorInfo;
        return { shape, values: Float64Array.from(backend.readSync(dataId) as TypedArray) };
      });
      const { shape, values } = compute(read, attrs ?? {});
      return { dataId: backend.write(Float32Array.from(values), shape, 'float32'), shape, dtype: 'float32' };
    },
  };
}

/** What a matrix kernel reads. */
export interface MatrixInput {
  readonly shape: number[];
  readonly values: Float64Array;
}

/** What a matrix kernel gives. */
export interface MatrixOutput {
  readonly shape: number[];
  readonly values: Float64Array;
}

/** For each batch entry of the broadcast shape `to`, in order, the index of the entry of `from` that it takes. */
export function batchIndices(from: readonly number[], to: readonly number[]): Int32Array {
  const indices = new Int32Array(sizeOf(to));
  for (let i = 0; i < indices.length; i++) {
    let rest = i;
    let stride = 1;
    let index = 0;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const size = to[axis] as number;
      const own = from[axis - to.length + from.length] ?? 1;
      if (own !== 1) index += (rest % size) * stride;
      stride *= own;
      rest = Math.floor(rest / size);
    }
    indices[i] = index;
  }
  return indices;
}
