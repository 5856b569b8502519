/** @file Convolutions and their gradients in the input. */
import type { NodeOf, Shape } from '../../graph/node.ts';
import { sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder } from '../../wasm/encode/functionBuilder.ts';
import type { Precision } from '../../wasm/lanes/lanes.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { callKernel } from '../kernel.ts';
import { fill } from '../move/fill.ts';
import { correlationKernel, correlationScratch } from './correlate.ts';
import type { Correlation, Turn } from './correlation.ts';
import { correlationOf, gradientCorrelationOf } from './correlation.ts';
import { depthwiseKernel, isDepthwise } from './depthwise.ts';

type ConvNode = NodeOf<'conv' | 'convGradInput'>;

function formOf(node: ConvNode, x: Shape, filter: Shape): { readonly correlation: Correlation; readonly turn: Turn } {
  if (node.op === 'conv') return { correlation: correlationOf(node, x, filter, node.shape), turn: 'straight' };
  return { correlation: gradientCorrelationOf(node, x, filter), turn: 'turned' };
}

function isEmptySum({ window, inPerGroup }: Correlation): boolean {
  return sizeOf(window) * inPerGroup === 0;
}

/** Bytes of scratch memory that {@link emitConv} needs. */
export function convScratch(node: ConvNode, x: Shape, filter: Shape, precision: Precision): number {
  const { correlation } = formOf(node, x, filter);
  return sizeOf(node.shape) === 0 || isEmptySum(correlation) ? 0 : correlationScratch(correlation, precision);
}

/** Appends a convolution of `x`, or the gradient of one in its input, where `x` is the gradient in its output. */
export function emitConv(
  f: FunctionBuilder,
  node: ConvNode,
  x: Place,
  filter: Place,
  result: Place,
  context: DenseContext,
): void {
  if (sizeOf(node.shape) === 0) return;
  const { correlation, turn } = formOf(node, x.shape, filter.shape);
  if (isEmptySum(correlation)) {
    fill(f, result, 0, context);
    return;
  }
  const index = isDepthwise(correlation)
    ? depthwiseKernel(context, correlation, turn)
    : correlationKernel(context, correlation, turn);
  callKernel(f, index, [x.address, filter.address, result.address, context.scratch]);
}
