/** @file Batches of matrices that broadcast against each other. */
import { broadcastStrides } from '../graph/evaluate/positions.ts';
import type { Shape } from '../graph/node.ts';
import { sizeOf } from '../graph/shape.ts';
import type { FunctionBuilder } from '../wasm/encode/functionBuilder.ts';
import type { DenseContext, Place } from './denseKernel.ts';
import { elementSize } from './kernel.ts';
import { forEachIndex } from './loops.ts';

/** Appends, for every index of a batch, a call of a kernel with the addresses of the matrices there, and then `last`. */
export function callForEachMatrix(
  f: FunctionBuilder,
  batch: Shape,
  places: readonly Place[],
  kernel: { readonly index: number; readonly last?: number | undefined },
  context: DenseContext,
): void {
  const walkers = places.map(({ address, shape }) => {
    const pointer = f.local('i32');
    f.i32(address).set(pointer);
    const bytes = sizeOf(shape.slice(-2)) * elementSize(context.precision);
    return { pointer, steps: broadcastStrides(shape.slice(0, -2), batch).map((stride) => stride * bytes) };
  });
  forEachIndex(f, batch, walkers, () => {
    for (const { pointer } of walkers) f.get(pointer);
    if (kernel.last !== undefined) f.i32(kernel.last);
    f.call(kernel.index);
  });
  f.release('i32', ...walkers.map(({ pointer }) => pointer));
}
