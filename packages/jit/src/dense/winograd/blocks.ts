/** @file The blocks of tiles of all images of a batch, one after another. */
import { at, sizeOf } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { fillKernel } from '../move/fill.ts';
import type { Correlation } from '../window/correlation.ts';
import { writeImage } from '../window/correlation.ts';
import type { Filtering } from './filtering.ts';
import type { TilePlan } from './plan.ts';
import { pointStepOf } from './plan.ts';
import type { OutputRow } from './transforms.ts';
import { imageKernel } from './transforms.ts';

/** Arrays of a correlation, and parts of scratch memory. */
export interface BlockArrays {
  readonly x: Local;
  /** The correlation's output, or its gradient. Both of these go on through the batch. */
  readonly y: Local;
  /** Where images are widened, if they must be. */
  readonly image: Local;
  /** Where the points of a block of inputs go. */
  readonly inputs: Local;
}

/** What is to be done with a block whose inputs are transformed. */
export interface BlockStep {
  /** Tiles of the block. */
  readonly tiles: number;
  /** Runs a kernel for each row of tiles, from its points, in the block's array `points`, to its pixels, in `y`, or back; once a block. */
  readonly eachRow: (points: Local, kernelOf: (row: OutputRow) => number, order: 'to pixels' | 'to points') => void;
}

/** Code that transforms the inputs of each block in turn, and then does `body`. */
export function forEachBlock(
  w: KernelWriter,
  context: DenseContext,
  { batch, source, output, inPerGroup, outPerGroup }: Correlation,
  filtering: Filtering,
  { image, widened, tiles, blocks }: TilePlan,
  arrays: BlockArrays,
  body: (step: BlockStep) => void,
): void {
  const { x, y, inputs } = arrays;
  const [from, to, point] = [w.f.local('i32'), w.f.local('i32'), w.f.local('i32')];
  const [inRow, outRow] = [at(image.steps, 0), at(output, 1) * outPerGroup * w.size];
  if (image.isMade) w.f.get(arrays.image).call(fillKernel(context, image.bytes / w.size, 0));
  w.times(batch, () => {
    if (image.isMade) writeImage(w, context, widened, image, x, arrays.image);
    w.assign(from, image.isMade ? arrays.image : x);
    w.assign(to, y);
    for (const { rows, count, height } of blocks) {
      const ofInputs = { tiles, channels: inPerGroup, pixelRow: inRow, pointStep: pointStepOf(rows * tiles * inPerGroup * w.size) };
      const ofOutputs = { tiles, channels: outPerGroup, pixelRow: outRow, pointStep: pointStepOf(rows * tiles * outPerGroup * w.size), height, width: at(output, 1) };
      w.times(count, () => {
        w.assign(point, inputs);
        w.times(rows, () => {
          w.call(imageKernel(context, filtering, ofInputs), from, point);
          w.move(from, filtering.outputs * inRow);
          w.move(point, tiles * inPerGroup * w.size);
        });
        body({
          tiles: rows * tiles,
          eachRow: (points, kernelOf, order) => {
            w.assign(point, points);
            w.times(rows, () => {
              const [source, target] = order === 'to pixels' ? [point, to] : [to, point];
              w.call(kernelOf(ofOutputs), source, target);
              w.move(to, height * outRow);
              w.move(point, tiles * outPerGroup * w.size);
            });
          },
        });
      });
    }
    w.move(x, sizeOf(source) * inPerGroup * w.size);
    w.move(y, sizeOf(output) * outPerGroup * w.size);
  });
}
