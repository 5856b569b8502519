/**
 * @file Filters over images as products of matrices whose left one, of windows by rows, is never written down: tiles of
 * the product read neighbouring windows from the image (an implicit "im2col").
 */
import { at, sizeOf, stridesOf } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { Precision } from '../../wasm/lanes/lanes.ts';
import type { DenseContext } from '../denseKernel.ts';
import { elementSize, kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import { forEachIndex } from '../loops.ts';
import { fillKernel } from '../move/fill.ts';
import { rowsKernel } from '../move/rows.ts';
import { transposeKernel } from '../move/transpose.ts';
import { panelRow } from '../product/matmul.ts';
import { partsOf } from '../product/parts.ts';
import { tileKernel, vectorsFor } from '../product/tile.ts';
import type { Correlation, Image, Lattice, Turn } from './correlation.ts';
import { imageOf, writeImage } from './correlation.ts';
import { forEachTile, sumOver, TILE_ROWS } from './tiles.ts';

/** Columns of a panel of the filter. */
export function panelColumns(correlation: Correlation, precision: Precision): number {
  const count = VECTOR_BYTES / elementSize(precision);
  const vectors = Math.ceil(correlation.outPerGroup / count);
  return count * Math.ceil(vectors / Math.ceil(vectors / vectorsFor(TILE_ROWS)));
}

/** Bytes of the filter in panels. */
function filterBytes(correlation: Correlation, precision: Precision): number {
  const width = panelColumns(correlation, precision);
  const rows = sizeOf(correlation.window) * correlation.inPerGroup;
  const row = panelRow({ precision }, width);
  return correlation.groups * Math.ceil(correlation.outPerGroup / width) * rows * row;
}

/** Bytes of scratch memory that a correlation needs. */
export function correlationScratch(correlation: Correlation, precision: Precision): number {
  const image = imageOf(correlation, elementSize(precision));
  return filterBytes(correlation, precision) + (image.isMade ? image.bytes : 0);
}

/** The kernel (source, filter, output, scratch) of a correlation; its sums must not be empty. */
export function correlationKernel(context: DenseContext, correlation: Correlation, turn: Turn): number {
  const { precision } = context;
  const { batch, source, target, groups, inPerGroup, outPerGroup } = correlation;
  return kernel(context, `correlate ${turn} ${JSON.stringify(correlation)}`, 4, (w, x, filter, y, scratch) => {
    const image = imageOf(correlation, w.size);
    const features = groups * outPerGroup;
    writePanels(w, context, correlation, turn, filter, scratch);
    const made = w.pointer(scratch, filterBytes(correlation, precision));
    if (image.isMade) w.f.get(made).call(fillKernel(context, image.bytes / w.size, 0));
    // Where images are the source itself, those of the batch are as one.
    w.times(image.isMade ? batch : 1, () => {
      if (image.isMade) writeImage(w, context, correlation, image, x, made);
      writeProduct(w, context, correlation, image, { image: image.isMade ? made : x, panels: scratch, y });
      w.move(x, sizeOf(source) * groups * inPerGroup * w.size);
      w.move(y, sizeOf(target.array) * features * w.size);
    });
  });
}

/** Bytes from an array's start to a lattice in it, and along each axis from an entry to the next. */
function walkOf({ array, first, spacing }: Lattice, entryBytes: number): { offset: number; steps: number[] } {
  const steps = stridesOf(array).map((stride) => stride * entryBytes);
  const offset = steps.reduce((sum, step, axis) => sum + step * at(first, axis), 0);
  return { offset, steps: steps.map((step, axis) => step * at(spacing, axis)) };
}

/**
 * Copies the filter into panels, one after another: the columns of a group, a row for each entry that is summed over. A
 * straight filter is used as a whole.
 */
function writePanels(
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

/** Writes the tiles of one image, or of all where images are the source. */
function writeProduct(
  w: KernelWriter,
  context: DenseContext,
  correlation: Correlation,
  image: Image,
  pointers: { readonly image: Local; readonly panels: Local; readonly y: Local },
): void {
  const { output, strides, groups, inPerGroup, outPerGroup } = correlation;
  const features = groups * outPerGroup * w.size;
  const inImage = [image.bytes, ...image.steps.map((step, axis) => step * at(strides, axis))];
  const places = [image.isMade ? 1 : correlation.batch, ...output];
  const lattice = walkOf(correlation.target, features);
  const inOutput = [sizeOf(correlation.target.array) * features, ...lattice.steps];
  const inWindow = [...image.steps.map((step, axis) => step * at(correlation.dilations, axis)), w.size];
  const [left, panel, right] = [w.pointer(pointers.image), w.pointer(pointers.panels), w.pointer(pointers.y, lattice.offset)];
  const [a, c] = [w.f.local('i32'), w.f.local('i32')];
  w.times(groups, () => {
    for (const columns of partsOf(outPerGroup, panelColumns(correlation, context.precision))) {
      const bStep = panelRow(context, columns.size);
      const sum = sumOver([...correlation.window, inPerGroup], inWindow, bStep);
      w.times(columns.count, () => {
        w.assign(a, left);
        w.assign(c, right);
        forEachTile(w, places, { pointer: a, steps: inImage }, { pointer: c, steps: inOutput }, (tile) => {
          w.call(tileKernel(context, { ...tile, columns: columns.size, update: 'store', sum }), a, panel, c);
        });
        w.move(panel, sizeOf(correlation.window) * inPerGroup * bStep);
        w.move(right, columns.size * w.size);
      });
    }
    w.move(left, inPerGroup * w.size);
  });
  w.release(left, panel, right, a, c);
}
