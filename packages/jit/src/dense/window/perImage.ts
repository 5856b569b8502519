/** @file Convolutions with a filter for each image: batches of one image each. */
import type { Shape } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { elementSize } from '../kernel.ts';
import { forEachIndex } from '../loops.ts';

/** How often a kernel is called, and the shapes that it is made for. */
export interface Calls {
  readonly count: number;
  /** Of x, filter and y, where the filter has an axis for each of the window, and two for channels. */
  readonly x: Shape;
  readonly filter: Shape;
  readonly y: Shape;
}

/** One call for the whole batch; or, if there is a filter for each image, one for each of them. */
export function callsOf(x: Shape, filter: Shape, y: Shape): Calls {
  if (filter.length === x.length) return { count: 1, x, filter, y };
  return { count: at(x, 0), x: [1, ...x.slice(1)], filter: filter.slice(1), y: [1, ...y.slice(1)] };
}

/** Appends so many calls of a kernel (a, b, c, scratch), the places cut into as many equal parts. */
export function callAlong(f: FunctionBuilder, count: number, places: readonly Place[], index: number, context: DenseContext): void {
  const walkers = places.map(({ address, shape }) => {
    const pointer = f.local('i32');
    f.i32(address).set(pointer);
    return { pointer, steps: [(sizeOf(shape) / count) * elementSize(context.precision)] };
  });
  forEachIndex(f, [count], walkers, () => {
    for (const { pointer } of walkers) f.get(pointer);
    f.i32(context.scratch).call(index);
  });
  f.release('i32', ...walkers.map(({ pointer }) => pointer));
}
