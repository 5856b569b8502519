/** @file Filters in panels: some columns of the matrix that a filter is, row by row. */
import { at, sizeOf, stridesOf } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { Precision } from '../../wasm/lanes/lanes.ts';
import type { DenseContext } from '../denseKernel.ts';
import { elementSize } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import { forEachIndex } from '../loops.ts';
import { rowsKernel } from '../move/rows.ts';
import { transposeKernel } from '../move/transpose.ts';
import { panelRow } from '../product/matmul.ts';
import { partsOf } from '../product/parts.ts';
import { vectorsFor } from '../product/tile.ts';
import type { Correlation, Lattice, Turn } from './correlation.ts';
import { TILE_ROWS } from './tiles.ts';

/** Columns of a panel of the filter. */
export function panelColumns(correlation: Correlation, precision: Precision): number {
  const count = VECTOR_BYTES / elementSize(precision);
  const vectors = Math.ceil(correlation.outPerGroup / count);
  return count * Math.ceil(vectors / Math.ceil(vectors / vectorsFor(TILE_ROWS)));
}

/** Bytes of the filter in panels. */
export function filterBytes(correlation: Correlation, precision: Precision): number {
  const width = panelColumns(correlation, precision);
  const rows = sizeOf(correlation.window) * correlation.inPerGroup;
  const row = panelRow({ precision }, width);
  return correlation.groups * Math.ceil(correlation.outPerGroup / width) * rows * row;
}

/** Bytes from an array's start to a lattice in it, and along each axis from an entry to the next. */
export function walkOf({ array, first, spacing }: Lattice, entryBytes: number): { offset: number; steps: number[] } {
  const steps = stridesOf(array).map((stride) => stride * entryBytes);
  const offset = steps.reduce((sum, step, axis) => sum + step * at(first, axis), 0);
  return { offset, steps: steps.map((step, axis) => step * at(spacing, axis)) };
}

/**
 * Copies the filter into panels, one after another: the columns of a group, a row for each entry that is summed over. A
 * straight filter is used as a whole.
 */
export function writePanels(
  w: KernelWriter,
  context: DenseContext,
  correlation: Correlation,
  turn: Turn,
  filter: Local,
  target: Local,
): void {
  const { groups, inPerGroup, outPerGroup, window } = correlation;
  // The filter's own shape is [entries, channels of a group of x, channels of y].
  const [ofX, ofY] = turn === 'straight' ? [inPerGroup, outPerGroup] : [outPerGroup, inPerGroup];
  const sourceRow = groups * ofY * w.size;
  const lattice = walkOf(correlation.entries, ofX * sourceRow);
  // A window turned round begins with its last entry.
  const last = lattice.steps.reduce((sum, step, axis) => sum + (at(window, axis) - 1) * step, lattice.offset);
  const backwards = lattice.steps.map((step) => -step);
  const [from, to] = [w.pointer(filter, turn === 'turned' ? last : lattice.offset), w.pointer(target)];
  w.times(groups, () => {
    for (const part of partsOf(outPerGroup, panelColumns(correlation, context.precision))) {
      const targetRow = panelRow(context, part.size);
      w.times(part.count, () => {
        if (turn === 'straight') {
          const rows = { rows: sizeOf(window) * ofX, columns: part.size, sourceRow, targetRow };
          w.call(rowsKernel(context, rows), to, from);
          w.move(from, part.size * w.size);
          w.move(to, rows.rows * targetRow);
        } else {
          const pack = transposeKernel(context, { rows: part.size, columns: ofY, sourceRow, targetRow });
          forEachIndex(w.f, window, [{ pointer: from, steps: backwards }], () => {
            w.call(pack, to, from);
            w.move(to, ofY * targetRow);
          });
          w.move(from, part.size * sourceRow);
        }
      });
    }
    // To the next group: its columns follow, but where columns were walked along as rows.
    if (turn === 'turned') w.move(from, -ofX * sourceRow + ofY * w.size);
  });
  w.release(from, to);
}
