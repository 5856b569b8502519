/** @file Boxes of elements, copied from one array into another. */
import type { Shape } from '../../graph/node.ts';
import { at } from '../../graph/shape.ts';
import type { FunctionBuilder } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { elementSize } from '../kernel.ts';
import type { Walker } from '../loops.ts';
import { forEachIndex, mergeAxes } from '../loops.ts';
import { rowsKernel } from './rows.ts';

/** Appends what copies every element of a box of this shape from `source` to `target`; pointers end where they began. */
export function copyBox(
  f: FunctionBuilder,
  shape: Shape,
  target: Walker,
  source: Walker,
  context: DenseContext,
): void {
  if (shape.includes(0)) return;
  const size = elementSize(context.precision);
  const axes = mergeAxes(shape, [target.steps, source.steps]);
  // A last axis whose neighbours lie next to each other in both is a row; else rows are single elements.
  const isRow = axes.at(-1)?.steps.every((step) => step === size) === true;
  const inner = isRow ? 2 : 1;
  const columns = isRow ? (axes.at(-1)?.count ?? 1) : 1;
  const rows = axes.at(-inner) ?? { count: 1, steps: [0, 0] };
  const outer = axes.slice(0, -inner);
  const [targetRow, sourceRow] = [at(rows.steps, 0), at(rows.steps, 1)];
  const index = rowsKernel(context, { rows: rows.count, columns, targetRow, sourceRow });
  const walkers = [target, source].map(({ pointer }, i) => ({ pointer, steps: outer.map(({ steps }) => at(steps, i)) }));
  forEachIndex(f, outer.map(({ count }) => count), walkers, () => {
    f.get(target.pointer).get(source.pointer).call(index);
  });
}
