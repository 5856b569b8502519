/** @file Nodes computed by kernels of their own rather than by fused loops: what they need, and their code. */
import type { Node, NodeOf, Shape } from '../graph/node.ts';
import { at } from '../graph/shape.ts';
import type { FunctionBuilder } from '../wasm/encode/functionBuilder.ts';
import type { ModuleBuilder } from '../wasm/encode/moduleBuilder.ts';
import type { Precision } from '../wasm/lanes/lanes.ts';
import { emitArgReduce } from './along/argReduce.ts';
import { emitCumulative } from './along/cumulative.ts';
import { emitCholesky } from './factor/cholesky.ts';
import { emitTriangularSolve } from './factor/triangularSolve.ts';
import { dotScratch, emitDot } from './product/dot.ts';
import { convScratch, emitConv } from './window/conv.ts';
import { convGradFilterScratch, emitConvGradFilter } from './window/convGradFilter.ts';
import { emitMaxPoolGrad, emitMeanPoolGrad, emitPool } from './window/pool.ts';

/**
 * An array in linear memory: row-major, contiguous, every element a float of the program's precision. Up to 16 bytes past
 * its end may be read, but not written.
 */
export interface Place {
  /** In bytes; a multiple of the size of an element, faster if of 16. */
  readonly address: number;
  readonly shape: Shape;
}

/** What kernels are compiled for. */
export interface DenseContext {
  readonly module: ModuleBuilder;
  readonly precision: Precision;
  /** Whether products and sums may be rounded once, by instructions of relaxed SIMD. */
  readonly relaxedSimd: boolean;
  /** The address of scratch memory, as many bytes as `scratchBytes` asks for; a multiple of 16. */
  readonly scratch: number;
}

/** A node that a dense kernel can compute. */
export type DenseNode = NodeOf<
  | 'dot' | 'cholesky' | 'triangularSolve'
  | 'conv' | 'convGradInput' | 'convGradFilter' | 'pool' | 'maxPoolGrad' | 'meanPoolGrad'
  | 'cumulative' | 'reduce'
>;

const DENSE: ReadonlySet<Node['op']> = new Set<DenseNode['op']>([
  'dot', 'cholesky', 'triangularSolve',
  'conv', 'convGradInput', 'convGradFilter', 'pool', 'maxPoolGrad', 'meanPoolGrad',
  'cumulative',
]);

/** Whether a dense kernel computes a node. Of reductions, argmax and argmin: the others are fused loops. */
export function isDense(node: Node): node is DenseNode {
  if (node.op === 'reduce') return node.fn === 'argmax' || node.fn === 'argmin';
  return DENSE.has(node.op);
}

/** Bytes of scratch memory that a node's kernel needs: 0 for most. */
export function scratchBytes(node: Node, operandShapes: readonly Shape[], precision: Precision): number {
  const shape = (i: number): Shape => at(operandShapes, i);
  if (node.op === 'dot') return dotScratch(node, shape(0), shape(1), precision);
  if (node.op === 'convGradFilter') return convGradFilterScratch(node, shape(0), shape(1), precision);
  if (node.op === 'conv' || node.op === 'convGradInput') return convScratch(node, shape(0), shape(1), precision);
  return 0;
}

/**
 * Appends code that computes a node.
 *
 * @param operands - one place an operand, in the order of `operandsOf`.
 * @param result - must not overlap with the operands or with the scratch memory.
 */
export function emitDense(
  f: FunctionBuilder,
  node: DenseNode,
  operands: readonly Place[],
  result: Place,
  context: DenseContext,
): void {
  const operand = (i: number): Place => at(operands, i);
  switch (node.op) {
    case 'dot':
      emitDot(f, node, operand(0), operand(1), result, context);
      return;
    case 'cholesky':
      emitCholesky(f, node, operand(0), result, context);
      return;
    case 'triangularSolve':
      emitTriangularSolve(f, node, operand(0), operand(1), result, context);
      return;
    case 'cumulative':
      emitCumulative(f, node, operand(0), result, context);
      return;
    case 'reduce':
      emitArgReduce(f, node, operand(0), result, context);
      return;
    case 'conv':
    case 'convGradInput':
      emitConv(f, node, operand(0), operand(1), result, context);
      return;
    case 'convGradFilter':
      emitConvGradFilter(f, node, operand(0), operand(1), result, context);
      return;
    case 'pool':
      emitPool(f, node, operand(0), result, context);
      return;
    case 'maxPoolGrad':
      emitMaxPoolGrad(f, node, operand(0), operand(1), result, context);
      return;
    case 'meanPoolGrad':
      emitMeanPoolGrad(f, node, operand(0), result, context);
      return;
  }
}
