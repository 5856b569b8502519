/** @file Gradients of convolutions in the filter: products of windows, by columns, with the gradient in the output. */
import type { NodeOf, Shape } from '../../graph/node.ts';
import { at, sizeOf, stridesOf } from '../../graph/shape.ts';
import type { FunctionBuilder, Local } from '../../wasm/encode/functionBuilder.ts';
import type { Precision } from '../../wasm/lanes/lanes.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { elementSize, kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { fill, fillKernel } from '../move/fill.ts';
import { rowsKernel } from '../move/rows.ts';
import { panelRow } from '../product/matmul.ts';
import { partsOf } from '../product/parts.ts';
import { tileColumnKernel } from '../product/tile.ts';
import { winogradGradFilterKernel, winogradGradFilterScratch } from '../winograd/gradFilter.ts';
import { filteringOf } from '../winograd/plan.ts';
import type { Correlation, Image } from './correlation.ts';
import { correlationOf, imageOf, writeImage } from './correlation.ts';
import { depthwiseGradFilterKernel, isDepthwise } from './depthwise.ts';
import { panelColumns } from './panels.ts';
import { callAlong, callsOf } from './perImage.ts';
import { forEachColumn, sumOver } from './tiles.ts';

/** Bytes of scratch memory that {@link emitConvGradFilter} needs: an image, and some channels of the gradient over it. */
export function convGradFilterScratch(node: NodeOf<'convGradFilter'>, x: Shape, dy: Shape, precision: Precision): number {
  if (isZero(node, dy)) return 0;
  const { correlation } = formOf(node, x, dy);
  const filtering = filteringOf(correlation, precision);
  if (filtering !== null) return winogradGradFilterScratch(correlation, filtering, precision);
  return imageBytes(correlation, precision) + sizeOf(correlation.output) * panelRow({ precision }, panelColumns(correlation, precision));
}

/** The correlation whose filter's gradient is wanted, and for how many images one after another. */
function formOf(node: NodeOf<'convGradFilter'>, x: Shape, dy: Shape): { readonly correlation: Correlation; readonly calls: number } {
  const { count: calls, ...one } = callsOf(x, node.shape, dy);
  return { correlation: correlationOf(node, one.x, one.filter, one.y), calls };
}

/** Whether there are no products to be summed. */
function isZero(node: NodeOf<'convGradFilter'>, dy: Shape): boolean {
  return sizeOf(node.shape) * sizeOf(dy) === 0;
}

function imageBytes(correlation: Correlation, precision: Precision): number {
  const image = imageOf(correlation, elementSize(precision));
  return image.isMade ? Math.ceil(image.bytes / 16) * 16 : 0;
}

/** Appends the gradient of a convolution in its filter. */
export function emitConvGradFilter(
  f: FunctionBuilder,
  node: NodeOf<'convGradFilter'>,
  x: Place,
  dy: Place,
  result: Place,
  context: DenseContext,
): void {
  if (isZero(node, dy.shape)) {
    fill(f, result, 0, context);
    return;
  }
  const { correlation, calls } = formOf(node, x.shape, dy.shape);
  callAlong(f, calls, [x, dy, result], kernelOf(context, correlation), context);
}

/** The kernel (x, dy, filter gradient, scratch) that suits the correlation. */
function kernelOf(context: DenseContext, correlation: Correlation): number {
  if (isDepthwise(correlation)) return depthwiseGradFilterKernel(context, correlation);
  const filtering = filteringOf(correlation, context.precision);
  return filtering === null ? gradFilterKernel(context, correlation) : winogradGradFilterKernel(context, correlation, filtering);
}

/** The kernel (x, dy, filter gradient, scratch). */
function gradFilterKernel(context: DenseContext, correlation: Correlation): number {
  return kernel(context, `convGradFilter ${JSON.stringify(correlation)}`, 4, (w, source, gradient, filter, scratch) => {
    const image = imageOf(correlation, w.size);
    const panel = w.pointer(scratch, imageBytes(correlation, w.precision));
    w.f.get(filter).call(fillKernel(context, filterSize(correlation), 0));
    if (image.isMade) w.f.get(scratch).call(fillKernel(context, image.bytes / w.size, 0));
    w.times(correlation.batch, () => {
      if (image.isMade) writeImage(w, context, correlation, image, source, scratch);
      writeProducts(w, context, correlation, image, { image: image.isMade ? scratch : source, gradient, filter, panel });
      w.move(source, sizeOf(correlation.source) * image.channels * w.size);
      w.move(gradient, sizeOf(correlation.output) * correlation.groups * correlation.outPerGroup * w.size);
    });
  });
}

function filterSize({ window, groups, inPerGroup, outPerGroup }: Correlation): number {
  return sizeOf(window) * inPerGroup * groups * outPerGroup;
}

/** Adds what one image contributes. */
function writeProducts(
  w: KernelWriter,
  context: DenseContext,
  correlation: Correlation,
  image: Image,
  pointers: { readonly image: Local; readonly gradient: Local; readonly filter: Local; readonly panel: Local },
): void {
  const { window, dilations, output, strides, groups, inPerGroup, outPerGroup } = correlation;
  const features = groups * outPerGroup * w.size;
  // Rows of the product are the filter's entries and channels; what is summed over, places of the output.
  const entries = [...window, inPerGroup];
  const inImage = [...image.steps.map((step, axis) => step * at(dilations, axis)), w.size];
  const inFilter = stridesOf(entries).map((stride) => stride * features);
  const walk = image.steps.map((step, axis) => step * at(strides, axis));
  const { panel } = pointers;
  const [left, from, right] = [w.pointer(pointers.image), w.pointer(pointers.gradient), w.pointer(pointers.filter)];
  const [a, c] = [w.f.local('i32'), w.f.local('i32')];
  w.times(groups, () => {
    for (const columns of partsOf(outPerGroup, panelColumns(correlation, w.precision))) {
      const bStep = panelRow(context, columns.size);
      const places = { rows: sizeOf(output), columns: columns.size, sourceRow: features, targetRow: bStep };
      const sum = sumOver(output, walk, bStep);
      w.times(columns.count, () => {
        w.call(rowsKernel(context, places), panel, from);
        w.assign(a, left);
        w.assign(c, right);
        forEachColumn(w, entries, { pointer: a, steps: inImage }, { pointer: c, steps: inFilter }, (tile, count) => {
          w.call(tileColumnKernel(context, { ...tile, columns: columns.size, update: 'add', sum }, count), a, panel, c);
        });
        w.move(from, columns.size * w.size);
        w.move(right, columns.size * w.size);
      });
    }
    w.move(left, inPerGroup * w.size);
  });
  w.release(left, from, right, a, c);
}
