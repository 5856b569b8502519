/** @file Convolutions and their gradients in the input. */
import type { NodeOf, Shape } from '../../graph/node.ts';
import { sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder } from '../../wasm/encode/functionBuilder.ts';
import type { Precision } from '../../wasm/lanes/lanes.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { fill } from '../move/fill.ts';
import { winogradKernel, winogradScratch } from '../winograd/correlate.ts';
import { filteringOf } from '../winograd/plan.ts';
import { correlationKernel, correlationScratch } from './correlate.ts';
import type { Correlation, Turn } from './correlation.ts';
import { correlationOf, gradientCorrelationOf } from './correlation.ts';
import { depthwiseKernel, isDepthwise } from './depthwise.ts';
import { callAlong, callsOf } from './perImage.ts';
import { gradientPhases } from './phases.ts';

type ConvNode = NodeOf<'conv' | 'convGradInput'>;

/** The correlations that make up the result (of one call), and how they use the filter. */
interface Forms {
  readonly correlations: readonly Correlation[];
  readonly turn: Turn;
  readonly calls: number;
}

function formsOf(node: ConvNode, x: Shape, filter: Shape): Forms {
  const { count: calls, ...one } = callsOf(x, filter, node.shape);
  if (node.op === 'conv') return { correlations: [correlationOf(node, one.x, one.filter, one.y)], turn: 'straight', calls };
  const whole = gradientCorrelationOf(node, one.x, one.filter);
  return { correlations: isDepthwise(whole) ? [whole] : gradientPhases(node, whole), turn: 'turned', calls };
}

function isEmptySum({ window, inPerGroup }: Correlation): boolean {
  return sizeOf(window) * inPerGroup === 0;
}

function scratchOf(correlation: Correlation, precision: Precision): number {
  const filtering = filteringOf(correlation, precision);
  return filtering === null ? correlationScratch(correlation, precision) : winogradScratch(correlation, filtering, precision);
}

/** The kernel that suits a correlation whose sums are not empty. */
function kernelOf(context: DenseContext, correlation: Correlation, turn: Turn): number {
  if (isDepthwise(correlation)) return depthwiseKernel(context, correlation, turn);
  const filtering = filteringOf(correlation, context.precision);
  return filtering === null ? correlationKernel(context, correlation, turn) : winogradKernel(context, correlation, filtering, turn);
}

/** Bytes of scratch memory that {@link emitConv} needs. */
export function convScratch(node: ConvNode, x: Shape, filter: Shape, precision: Precision): number {
  if (sizeOf(node.shape) === 0) return 0;
  const sums = formsOf(node, x, filter).correlations.filter((correlation) => !isEmptySum(correlation));
  return sums.reduce((most, correlation) => Math.max(most, scratchOf(correlation, precision)), 0);
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
  const { correlations, turn, calls } = formsOf(node, x.shape, filter.shape);
  if (correlations.some(isEmptySum)) fill(f, result, 0, context);
  for (const correlation of correlations) {
    if (isEmptySum(correlation)) continue;
    callAlong(f, calls, [x, filter, result], kernelOf(context, correlation, turn), context);
  }
}
