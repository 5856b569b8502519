/** @file Batches of matrix products, each by the kernel that suits its form. */
import type { NodeOf, Shape } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder } from '../../wasm/encode/functionBuilder.ts';
import type { Precision } from '../../wasm/lanes/lanes.ts';
import { callForEachMatrix } from '../batch.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { elementSize } from '../kernel.ts';
import { fill } from '../move/fill.ts';
import type { Product } from './matmul.ts';
import { matmulKernel, matmulScratch } from './matmul.ts';
import { outerKernel } from './outer.ts';
import { rowCombinationKernel } from './rowCombination.ts';
import { rowDotsKernel } from './rowDots.ts';

/** A product as it is computed, and the batch that is left to loop over. */
interface Form {
  readonly product: Product;
  readonly batch: Shape;
  /** Whether the operands are exchanged: `(a b)^T = b^T a^T`. */
  readonly isSwapped: boolean;
}

function formOf(node: NodeOf<'dot'>, a: Shape, b: Shape): Form {
  const { transposeA, transposeB, shape } = node;
  const whole = shape.slice(0, -2);
  const n = at(shape, shape.length - 1);
  const k = at(a, a.length - (transposeA ? 2 : 1));
  // The rows of all matrices of a batch that meet the same matrix are the rows of a single one.
  const isMerged = !transposeA && sizeOf(b.slice(0, -2)) === 1 && sizeOf(a.slice(0, -2)) === sizeOf(whole);
  const m = at(shape, shape.length - 2) * (isMerged ? sizeOf(whole) : 1);
  const batch = isMerged ? [] : whole;
  // Columns lie in memory as rows do: their transposition is no matter, and a column is computed as a row.
  const [flipA, flipB] = [transposeA && m > 1 && k > 1, transposeB && n > 1 && k > 1];
  const product = { m, n, k, transposeA: flipA, transposeB: flipB };
  if (n > 1 || m === 1) return { product, batch, isSwapped: false };
  return { product: { m: 1, n: m, k, transposeA: false, transposeB: !flipA && k > 1 }, batch, isSwapped: true };
}

/** Rows up to here are summed in registers, longer ones in memory. */
const LONG_ROW_BYTES = 96;

/** The kernel that suits a product which is not empty. */
function kindOf({ m, n, k, transposeB }: Product, precision: Precision): 'outer' | 'rowDots' | 'rowCombination' | 'matmul' {
  if (k === 1) return 'outer';
  if (m === 1 && (transposeB || n === 1)) return 'rowDots';
  return m === 1 && n * elementSize(precision) > LONG_ROW_BYTES ? 'rowCombination' : 'matmul';
}

/** Bytes of scratch memory that {@link emitDot} needs. */
export function dotScratch(node: NodeOf<'dot'>, a: Shape, b: Shape, precision: Precision): number {
  const { product } = formOf(node, a, b);
  const isEmpty = product.m * product.n * product.k === 0;
  return isEmpty || kindOf(product, precision) !== 'matmul' ? 0 : matmulScratch({ precision }, product);
}

/** Appends a batch of products. */
export function emitDot(
  f: FunctionBuilder,
  node: NodeOf<'dot'>,
  a: Place,
  b: Place,
  result: Place,
  context: DenseContext,
): void {
  const { product, batch, isSwapped } = formOf(node, a.shape, b.shape);
  const { m, n, k } = product;
  if (sizeOf(node.shape) === 0) return;
  if (k === 0) {
    fill(f, result, 0, context);
    return;
  }
  const places = [...(isSwapped ? [b, a] : [a, b]), result];
  const call = (index: number, last?: number): void => callForEachMatrix(f, batch, places, { index, last }, context);
  switch (kindOf(product, context.precision)) {
    case 'outer':
      call(outerKernel(context, m, n));
      return;
    case 'rowDots':
      call(rowDotsKernel(context, n, k));
      return;
    case 'rowCombination':
      call(rowCombinationKernel(context, k, n));
      return;
    case 'matmul':
      call(matmulKernel(context, product), context.scratch);
      return;
  }
}
