/** @file Arrays whose axes are permuted, stored anew in one piece. */
import type { Shape } from '../../graph/node.ts';
import { at, stridesOf } from '../../graph/shape.ts';
import type { FunctionBuilder } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { elementSize } from '../kernel.ts';
import { forEachIndex, mergeAxes } from '../loops.ts';
import { transposeKernel } from './transpose.ts';

/**
 * Appends what writes an array of this shape to `target`, in row-major order: of matrices along its last axis and along the
 * one whose neighbours lie next to each other at `source`.
 *
 * @param strides - of what is at `source`, in elements.
 * @throws Error when there is no such axis but the last.
 */
export function emitTransposed(
  f: FunctionBuilder,
  shape: Shape,
  strides: readonly number[],
  source: number,
  target: number,
  context: DenseContext,
): void {
  const size = elementSize(context.precision);
  const axes = mergeAxes(shape, [stridesOf(shape), strides].map((own) => own.map((stride) => stride * size)));
  const rows = axes.pop();
  const columns = axes.find(({ steps }) => steps[1] === size);
  if (rows === undefined || columns === undefined) throw new Error('the array is not transposed');
  const [targetRow, sourceRow] = [at(columns.steps, 0), at(rows.steps, 1)];
  const kernel = transposeKernel(context, { rows: rows.count, columns: columns.count, sourceRow, targetRow });
  const outer = axes.filter((axis) => axis !== columns);
  const walkers = [target, source].map((address, i) => {
    const pointer = f.local('i32');
    f.i32(address).set(pointer);
    return { pointer, steps: outer.map(({ steps }) => at(steps, i)) };
  });
  forEachIndex(f, outer.map(({ count }) => count), walkers, () => {
    for (const { pointer } of walkers) f.get(pointer);
    f.call(kernel);
  });
}
