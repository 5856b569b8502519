/** @file Gradients of convolutions in the filter by minimal filtering: for each point, image times gradient summed over all tiles. */
import type { Precision } from '../../wasm/lanes/lanes.ts';
import type { DenseContext } from '../denseKernel.ts';
import { elementSize, kernel } from '../kernel.ts';
import { fillKernel } from '../move/fill.ts';
import { partsOf } from '../product/parts.ts';
import { tileColumnKernel } from '../product/tile.ts';
import type { Update } from '../product/tile.ts';
import type { Correlation } from '../window/correlation.ts';
import { panelColumns } from '../window/panels.ts';
import { TILE_ROWS } from '../window/tiles.ts';
import { forEachBlock } from './blocks.ts';
import type { Filtering } from './filtering.ts';
import type { TilePlan } from './plan.ts';
import { pointStepOf, tilesOf } from './plan.ts';
import { filterGradientKernel, weightsKernel } from './transforms.ts';

/** Where in scratch memory things lie, in bytes: the sums, the image, points of images, points of gradients. */
function scratchOf(
  { inPerGroup, outPerGroup }: Correlation,
  { points }: Filtering,
  { image, mostTiles }: TilePlan,
  size: number,
): { image: number; inputs: number; weights: number; end: number } {
  const numPoints = points ** 2;
  const sums = numPoints * pointStepOf(inPerGroup * outPerGroup * size);
  const inputs = sums + (image.isMade ? image.bytes : 0);
  const weights = inputs + numPoints * pointStepOf(mostTiles * inPerGroup * size);
  return { image: sums, inputs, weights, end: weights + numPoints * pointStepOf(mostTiles * outPerGroup * size) };
}

/** Bytes of scratch memory that {@link winogradGradFilterKernel} needs. */
export function winogradGradFilterScratch(correlation: Correlation, filtering: Filtering, precision: Precision): number {
  const size = elementSize(precision);
  return scratchOf(correlation, filtering, tilesOf(correlation, filtering, size), size).end;
}

/** The kernel (x, dy, filter gradient, scratch) of a correlation. */
export function winogradGradFilterKernel(context: DenseContext, correlation: Correlation, filtering: Filtering): number {
  const { batch, inPerGroup, outPerGroup } = correlation;
  const numPoints = filtering.points ** 2;
  return kernel(context, `winogradGradFilter ${filtering.points} ${JSON.stringify(correlation)}`, 4, (w, x, dy, filter, scratch) => {
    const plan = tilesOf(correlation, filtering, w.size);
    const places = scratchOf(correlation, filtering, plan, w.size);
    const [image, inputs, weights] = [w.pointer(scratch, places.image), w.pointer(scratch, places.inputs), w.pointer(scratch, places.weights)];
    const filterBytes = inPerGroup * outPerGroup * w.size;
    const sumStep = pointStepOf(filterBytes);
    const numBlocks = batch * plan.blocks.reduce((sum, { count }) => sum + count, 0);
    const update = numBlocks === 1 ? 'store' : 'add';
    if (update === 'add') w.f.get(scratch).call(fillKernel(context, (numPoints * sumStep) / w.size, 0));
    forEachBlock(w, context, correlation, filtering, plan, { x, y: dy, image, inputs }, ({ tiles, eachRow }) => {
      eachRow(weights, (row) => weightsKernel(context, filtering, row), 'to points');
      w.call(productsKernel(context, correlation, numPoints, tiles, update), inputs, weights, scratch);
    });
    w.call(filterGradientKernel(context, filtering, { bytes: filterBytes, entryStep: filterBytes, pointStep: sumStep }), scratch, filter);
  });
}

/** The kernel (inputs, weights, sums): for each point, [tiles, in] transposed times [tiles, out]. */
function productsKernel(context: DenseContext, correlation: Correlation, numPoints: number, tiles: number, update: Update): number {
  const { inPerGroup, outPerGroup } = correlation;
  return kernel(context, `winograd sums ${update} ${JSON.stringify([numPoints, inPerGroup, outPerGroup, tiles])}`, 3, (w, inputs, weights, sums) => {
    const [aStep, bStep] = [inPerGroup * w.size, outPerGroup * w.size];
    const a = w.f.local('i32');
    const sum = [{ count: tiles, aStep, bStep }];
    w.times(numPoints, () => {
      for (const part of partsOf(outPerGroup, panelColumns(correlation, context.precision))) {
        w.times(part.count, () => {
          w.assign(a, inputs);
          for (const rows of partsOf(inPerGroup, TILE_ROWS)) {
            const tile = { rows: rows.size, columns: part.size, aRow: w.size, cRow: bStep, update, sum } as const;
            w.call(tileColumnKernel(context, tile, rows.count), a, weights, sums);
            w.move(a, rows.count * rows.size * w.size);
            w.move(sums, rows.count * rows.size * bStep);
          }
          w.move(weights, part.size * w.size);
          w.move(sums, part.size * w.size - inPerGroup * bStep);
        });
      }
      w.move(inputs, pointStepOf(tiles * aStep));
      w.move(weights, pointStepOf(tiles * bStep) - bStep);
      w.move(sums, pointStepOf(inPerGroup * bStep) - bStep);
    });
  });
}
