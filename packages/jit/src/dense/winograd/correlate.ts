/** @file Correlations by minimal filtering: image and filter transformed, a product of matrices for each point, and back. */
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { Precision } from '../../wasm/lanes/lanes.ts';
import type { DenseContext } from '../denseKernel.ts';
import { elementSize, kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { panelRow } from '../product/matmul.ts';
import { partsOf } from '../product/parts.ts';
import { tileColumnKernel } from '../product/tile.ts';
import type { Correlation, Turn } from '../window/correlation.ts';
import { filterBytes, panelColumns, writePanels } from '../window/panels.ts';
import { TILE_ROWS } from '../window/tiles.ts';
import { forEachBlock } from './blocks.ts';
import type { Filtering } from './filtering.ts';
import { ENTRIES } from './filtering.ts';
import { pointStepOf, tilesOf } from './plan.ts';
import { filterKernel, outputKernel } from './transforms.ts';

/** Where in scratch memory things lie, in bytes. */
function scratchOf(correlation: Correlation, filtering: Filtering, precision: Precision): { panels: number; image: number; inputs: number; products: number; end: number } {
  const size = elementSize(precision);
  const { inPerGroup, outPerGroup } = correlation;
  const { image, mostTiles } = tilesOf(correlation, filtering, size);
  const numPoints = filtering.points ** 2;
  const direct = filterBytes(correlation, precision);
  const widths = partsOf(outPerGroup, panelColumns(correlation, precision));
  const panels = widths.reduce((sum, part) => sum + part.count * numPoints * pointStepOf(inPerGroup * panelRow({ precision }, part.size)), 0);
  const inputs = panels + (image.isMade ? image.bytes : 0);
  const products = inputs + numPoints * pointStepOf(mostTiles * inPerGroup * size);
  // The filter as it stands lies where the points of images will.
  return { panels: 0, image: panels, inputs, products, end: Math.max(products + numPoints * pointStepOf(mostTiles * outPerGroup * size), inputs + direct) };
}

/** Bytes of scratch memory that {@link winogradKernel} needs. */
export function winogradScratch(correlation: Correlation, filtering: Filtering, precision: Precision): number {
  return scratchOf(correlation, filtering, precision).end;
}

/** The kernel (source, filter, output, scratch) of a correlation. */
export function winogradKernel(context: DenseContext, correlation: Correlation, filtering: Filtering, turn: Turn): number {
  return kernel(context, `winograd ${filtering.points} ${turn} ${JSON.stringify(correlation)}`, 4, (w, x, filter, y, scratch) => {
    const places = scratchOf(correlation, filtering, w.precision);
    const [inputs, products, image] = [w.pointer(scratch, places.inputs), w.pointer(scratch, places.products), w.pointer(scratch, places.image)];
    writePanels(w, context, correlation, turn, filter, inputs);
    writePoints(w, context, correlation, filtering, inputs, scratch);
    const plan = tilesOf(correlation, filtering, w.size);
    forEachBlock(w, context, correlation, filtering, plan, { x, y, image, inputs }, ({ tiles, eachRow }) => {
      w.call(productsKernel(context, correlation, filtering, tiles), inputs, scratch, products);
      eachRow(products, (row) => outputKernel(context, filtering, row), 'to pixels');
    });
  });
}

/** Bytes of a panel of the filter for one entry or point. */
function panelBytes({ inPerGroup }: Correlation, context: DenseContext, columns: number): number {
  return inPerGroup * panelRow(context, columns);
}

/** Transforms a filter in panels: each is then that of all points, one after another. */
function writePoints(w: KernelWriter, context: DenseContext, correlation: Correlation, filtering: Filtering, panels: Local, target: Local): void {
  const [from, to] = [w.pointer(panels), w.pointer(target)];
  for (const part of partsOf(correlation.outPerGroup, panelColumns(correlation, context.precision))) {
    const bytes = panelBytes(correlation, context, part.size);
    w.times(part.count, () => {
      w.call(filterKernel(context, filtering, { bytes, entryStep: bytes, pointStep: pointStepOf(bytes) }), from, to);
      w.move(from, ENTRIES * ENTRIES * bytes);
      w.move(to, filtering.points ** 2 * pointStepOf(bytes));
    });
  }
  w.release(from, to);
}

/** The kernel (inputs, panels, products): for each point, its array [tiles, in] times the filter's [in, out]. */
function productsKernel(context: DenseContext, correlation: Correlation, filtering: Filtering, tiles: number): number {
  const { inPerGroup, outPerGroup } = correlation;
  const numPoints = filtering.points ** 2;
  const width = panelColumns(correlation, context.precision);
  return kernel(context, `winograd products ${JSON.stringify([numPoints, inPerGroup, outPerGroup, tiles])}`, 3, (w, inputs, panels, products) => {
    const [aRow, cRow] = [inPerGroup * w.size, outPerGroup * w.size];
    const [a, b, c] = [w.f.local('i32'), w.f.local('i32'), w.f.local('i32')];
    for (const part of partsOf(outPerGroup, width)) {
      const [panelStep, bStep] = [pointStepOf(panelBytes(correlation, context, part.size)), panelRow(context, part.size)];
      const [left, panel, right] = [w.pointer(inputs), w.pointer(panels), w.pointer(products)];
      const sum = [{ count: inPerGroup, aStep: w.size, bStep }];
      w.times(numPoints, () => {
        w.assign(b, panel);
        w.assign(c, right);
        w.times(part.count, () => {
          w.assign(a, left);
          for (const rows of partsOf(tiles, TILE_ROWS)) {
            const tile = { rows: rows.size, columns: part.size, aRow, cRow, update: 'store', sum } as const;
            w.call(tileColumnKernel(context, tile, rows.count), a, b, c);
            w.move(a, rows.count * rows.size * aRow);
            w.move(c, rows.count * rows.size * cRow);
          }
          w.move(b, numPoints * panelStep);
          w.move(c, part.size * w.size - tiles * cRow);
        });
        w.move(left, pointStepOf(tiles * aRow));
        w.move(right, pointStepOf(tiles * cRow));
        w.move(panel, panelStep);
      });
      w.release(left, panel, right);
      w.move(panels, part.count * numPoints * panelStep);
      w.move(products, part.count * part.size * w.size);
    }
  });
}
