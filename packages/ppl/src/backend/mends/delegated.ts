/** @file Kernels that WASM lacks or gets wrong, and that the cpu backend runs in its stead. */
import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernels.ts';
import { mendKernel, read } from '../kernels.ts';

const KERNELS: readonly string[] = [
  // Not there.
  tf.Einsum,
  // Wrong: they add to memory that they never set to zero.
  tf.Conv3DBackpropFilterV2,
  tf.Conv3DBackpropInputV2,
  // Wrong: they look for a maximum starting from the smallest positive number, so that none is found below it.
  tf.Dilation2D,
  tf.Dilation2DBackpropFilter,
  tf.Dilation2DBackpropInput,
  tf.MaxPoolWithArgmax,
];

/** Copies the inputs over, runs the cpu's kernel, and copies the results back. */
export function mendByDelegation(): void {
  for (const kernelName of KERNELS) mendKernel('wasm', kernelName, () => delegate(kernelName));
}

function delegate(kernelName: string): Kernel {
  return ({ inputs, attrs, backend }) => {
    const cpu = tf.findBackend('cpu');
    const made: TensorInfo[] = [];
    const toCpu = ({ dataId, shape, dtype }: TensorInfo): TensorInfo => {
      const copy = { dataId: cpu.write(read(backend, { dataId, shape, dtype }), shape, dtype), shape, dtype };
      made.push(copy);
      // Some of the cpu's kernels ask for the rank, as if they were given tensors.
      return Object.assign(copy, { rank: shape.length });
    };
    const copies = Object.entries(inputs).map(([name, info]) => [name, toCpu(info)] as const);
    const results = tf.getKernel(kernelName, 'cpu').kernelFunc({
      inputs: Array.isArray(inputs) ? (copies.map(([, copy]) => copy) as unknown as {}) : Object.fromEntries(copies),
      attrs: attrs as NamedAttrMap,
      backend: cpu,
    });
    const back = [results].flat().map(({ dataId, shape, dtype }) => {
      made.push({ dataId, shape, dtype });
      return { dataId: backend.write(cpu.readSync(dataId), shape, dtype), shape, dtype };
    });
    for (const { dataId } of made) cpu.disposeData(dataId);
    return (Array.isArray(results) ? back : back[0]) as TensorInfo;
  };
}
