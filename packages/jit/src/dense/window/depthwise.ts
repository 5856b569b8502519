/** @file Convolutions each of whose channels has a filter of its own, with their gradients, in vectors along the channels. */
import { at, sizeOf, stridesOf } from '../../graph/shape.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import { fillKernel } from '../move/fill.ts';
import { channelTileKernel } from './channelTile.ts';
import type { Correlation, Image, Turn } from './correlation.ts';
import { imageOf, writeImage } from './correlation.ts';
import { forEachTile, sumOver } from './tiles.ts';

/** Whether every channel of the output is made from a single one of the source, and no other is. */
export function isDepthwise({ inPerGroup, outPerGroup, groups }: Correlation): boolean {
  return inPerGroup === 1 && outPerGroup === 1 && groups > 1;
}

/** Bytes from an entry of the image to the next, along the window and from one place of it to the next. */
function stepsOf({ dilations, strides }: Correlation, image: Image): { window: number[]; places: number[] } {
  return {
    window: image.steps.map((step, axis) => step * at(dilations, axis)),
    places: image.steps.map((step, axis) => step * at(strides, axis)),
  };
}

/** The kernel (source, filter, output, scratch) of a depthwise correlation, whose scratch memory is the image's. */
export function depthwiseKernel(context: DenseContext, correlation: Correlation, turn: Turn): number {
  const { batch, source, output, window, groups: channels } = correlation;
  return kernel(context, `depthwise ${turn} ${JSON.stringify(correlation)}`, 4, (w, x, filter, y, scratch) => {
    const image = imageOf(correlation, w.size);
    const [read, entry] = [image.isMade ? scratch : x, channels * w.size];
    const steps = stepsOf(correlation, image);
    // A filter turned round is read from its last entry on.
    const sum = sumOver(window, steps.window, turn === 'turned' ? -entry : entry);
    if (turn === 'turned') w.move(filter, (sizeOf(window) - 1) * entry);
    if (image.isMade) w.f.get(scratch).call(fillKernel(context, image.bytes / w.size, 0));
    const inOutput = stridesOf(output).map((stride) => stride * entry);
    w.times(batch, () => {
      if (image.isMade) writeImage(w, context, correlation, image, x, scratch);
      const a = w.pointer(read);
      forEachTile(w, output, { pointer: a, steps: steps.places }, { pointer: y, steps: inOutput }, (tile) => {
        w.call(channelTileKernel(context, { ...tile, channels, update: 'store', sum }), a, filter, y);
      });
      w.move(x, sizeOf(source) * entry);
      w.move(y, sizeOf(output) * entry);
    });
  });
}

/** The kernel (x, dy, filter gradient, scratch) of a depthwise convolution, whose scratch memory is the image's. */
export function depthwiseGradFilterKernel(context: DenseContext, correlation: Correlation): number {
  const { batch, source, output, window, groups: channels } = correlation;
  return kernel(context, `depthwiseGradFilter ${JSON.stringify(correlation)}`, 4, (w, x, dy, filter, scratch) => {
    const image = imageOf(correlation, w.size);
    const [read, entry] = [image.isMade ? scratch : x, channels * w.size];
    const steps = stepsOf(correlation, image);
    const sum = sumOver(output, steps.places, entry);
    w.f.get(filter).call(fillKernel(context, sizeOf(window) * channels, 0));
    if (image.isMade) w.f.get(scratch).call(fillKernel(context, image.bytes / w.size, 0));
    const inFilter = stridesOf(window).map((stride) => stride * entry);
    w.times(batch, () => {
      if (image.isMade) writeImage(w, context, correlation, image, x, scratch);
      const a = w.pointer(read);
      forEachTile(w, window, { pointer: a, steps: steps.window }, { pointer: filter, steps: inFilter }, (tile) => {
        w.call(channelTileKernel(context, { ...tile, channels, update: 'add', sum }), a, dy, filter);
      });
      w.move(x, sizeOf(source) * entry);
      w.move(dy, sizeOf(output) * entry);
    });
  });
}
