/** @file Sums by segment: the gradient of `gather`. */
import * as tf from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernels.ts';
import { mendKernel, read, write } from '../kernels.ts';

/** WASM lacks the kernel; the cpu's takes time in proportion to the number of segments times the size of the input. */
export function mendUnsortedSegmentSum(): void {
  for (const backend of ['cpu', 'wasm']) mendKernel(backend, tf.UnsortedSegmentSum, () => unsortedSegmentSum);
}

/** One pass over the input; rows with an id that is negative or too large are dropped, as in TensorFlow. */
const unsortedSegmentSum: Kernel = ({ inputs, attrs, backend }) => {
  const { x, segmentIds } = inputs as Record<'x' | 'segmentIds', tf.TensorInfo>;
  const numSegments = attrs['numSegments'] as number;
  const values = read(backend, x);
  const ids = read(backend, segmentIds);
  const rowShape = x.shape.slice(segmentIds.shape.length);
  const row = tf.util.sizeFromShape(rowShape);
  const sums = new Float64Array(numSegments * row);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (id < 0 || id >= numSegments) continue;
    for (let from = i * row, to = id * row, end = from + row; from < end; from++, to++) {
      sums[to] = (sums[to] as number) + (values[from] as number);
    }
  }
  const shape = [numSegments, ...rowShape];
  return write(backend, x.dtype === 'int32' ? Int32Array.from(sums) : Float32Array.from(sums), shape);
};
