/**
 * @file Filters over images as products of matrices whose left one, of windows by rows, is never written down: tiles of
 * the product read neighbouring windows from the image (an implicit "im2col").
 */
import { at, sizeOf } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { Precision } from '../../wasm/lanes/lanes.ts';
import type { DenseContext } from '../denseKernel.ts';
import { elementSize, kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { fillKernel } from '../move/fill.ts';
import { panelRow } from '../product/matmul.ts';
import { partsOf } from '../product/parts.ts';
import { tileColumnKernel } from '../product/tile.ts';
import type { Correlation, Image, Turn } from './correlation.ts';
import { imageOf, writeImage } from './correlation.ts';
import { filterBytes, panelColumns, walkOf, writePanels } from './panels.ts';
import { forEachColumn, sumOver } from './tiles.ts';

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
        forEachColumn(w, places, { pointer: a, steps: inImage }, { pointer: c, steps: inOutput }, (tile, count) => {
          w.call(tileColumnKernel(context, { ...tile, columns: columns.size, update: 'store', sum }, count), a, panel, c);
        });
        w.move(panel, sizeOf(correlation.window) * inPerGroup * bStep);
        w.move(right, columns.size * w.size);
      });
    }
    w.move(left, inPerGroup * w.size);
  });
  w.release(left, panel, right, a, c);
}
