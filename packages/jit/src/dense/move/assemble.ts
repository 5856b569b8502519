/** @file Arrays put together from boxes. */
import type { NodeOf } from '../../graph/node.ts';
import { at, sizeOf, stridesOf } from '../../graph/shape.ts';
import type { FunctionBuilder } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { elementSize } from '../kernel.ts';
import { forEachIndex, mergeAxes } from '../loops.ts';
import { fill } from './fill.ts';
import type { Placing } from './rows.ts';
import { rowsKernel } from './rows.ts';

/** Appends what puts boxes into an array of equal values. */
export function emitAssemble(
  f: FunctionBuilder,
  node: NodeOf<'assemble'>,
  parts: readonly Place[],
  result: Place,
  context: DenseContext,
): void {
  const covered = parts.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  // Parts that do not overlap and are as large as the whole leave nothing to be filled.
  if (node.accumulate || covered < sizeOf(node.shape)) fill(f, result, node.fill, context);
  parts.forEach((part, i) => {
    const { begin } = at(node.parts, i);
    placeBox(f, part, result, begin, node.accumulate ? 'add' : 'copy', context);
  });
}

/** Appends what copies or adds `part` into `target`, its first entry at index `begin`. */
export function placeBox(
  f: FunctionBuilder,
  part: Place,
  target: Place,
  begin: readonly number[],
  placing: Placing,
  context: DenseContext,
): void {
  if (sizeOf(part.shape) === 0) return;
  const size = elementSize(context.precision);
  const inTarget = stridesOf(target.shape).map((stride) => stride * size);
  const inPart = stridesOf(part.shape).map((stride) => stride * size);
  const offset = begin.reduce((sum, first, axis) => sum + first * at(inTarget, axis), 0);
  const axes = mergeAxes(part.shape, [inTarget, inPart]);
  const last = axes.at(-1);
  // Along an axis whose neighbours are apart in the target, rows are single elements.
  const isRow = last?.steps.every((step) => step === size) === true;
  const columns = isRow ? last.count : 1;
  const rows = axes.at(isRow ? -2 : -1) ?? { count: 1, steps: [0, 0] };
  const outer = axes.slice(0, isRow ? -2 : -1);
  const [targetRow, sourceRow] = [at(rows.steps, 0), at(rows.steps, 1)];
  const index = rowsKernel(context, { rows: rows.count, columns, targetRow, sourceRow }, placing);
  const walkers = [target.address + offset, part.address].map((address, walker) => {
    const pointer = f.local('i32');
    f.i32(address).set(pointer);
    return { pointer, steps: outer.map((axis) => at(axis.steps, walker)) };
  });
  forEachIndex(f, outer.map(({ count }) => count), walkers, () => {
    for (const { pointer } of walkers) f.get(pointer);
    f.call(index);
  });
}
