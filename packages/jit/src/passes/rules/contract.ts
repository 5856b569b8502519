/**
 * @file Sums of broadcast products that are products of matrices: `sum(X * beta, 1)` is `X @ beta`, and the gradient
 * `sum(X * dy[:, None], 0)` is `X' @ dy`.
 *
 * Law: the same terms are added, in another order.
 */
import type { NodeId, Shape } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';
import { asBinary } from './operand.ts';

/** Below this many products a loop is as good. */
const WORTH_A_KERNEL = 64;

/** The roles of the axes of a product that is summed: summed with both factors long, or kept with one of them long. */
interface Roles {
  readonly inner: readonly number[];
  readonly onlyA: readonly number[];
  readonly onlyB: readonly number[];
}

/** The sum of `x = a b` over `axes` as a product of matrices, if it is one and the long factors are in memory anyway. */
export function contract(g: Rewriter, x: NodeId, axes: readonly number[]): NodeId | null {
  const product = asBinary(g, x, 'mul');
  if (product === null || g.isShared(x) || sizeOf(product.shape) < WORTH_A_KERNEL) return null;
  const { a, b, shape } = product;
  const roles = rolesOf(shape, axes, aligned(g, a, shape), aligned(g, b, shape));
  if (roles === null) return null;
  const { inner, onlyA, onlyB } = roles;
  const result = shape.filter((_, axis) => !axes.includes(axis));
  if (!isInMemory(g, onlyA.length > 0 ? a : b) || !isInMemory(g, onlyB.length > 0 ? b : a)) return null;
  const isAFirst = areBefore(onlyA, onlyB);
  if (!isAFirst && !areBefore(onlyB, onlyA)) return null;
  const sizes = (axes: readonly number[]): number => sizeOf(axes.map((axis) => at(shape, axis)));
  const [left, right] = isAFirst ? [a, b] : [b, a];
  const [rows, columns] = isAFirst ? [onlyA, onlyB] : [onlyB, onlyA];
  const [isLeftStraight, isRightStraight] = [areBefore(rows, inner), areBefore(inner, columns)];
  if (!isLeftStraight && !areBefore(inner, rows)) return null;
  if (!isRightStraight && !areBefore(columns, inner)) return null;
  const [m, k, n] = [sizes(rows), sizes(inner), sizes(columns)];
  const first = g.reshape(left, isLeftStraight ? [m, k] : [k, m]);
  const second = g.reshape(right, isRightStraight ? [k, n] : [n, k]);
  return g.reshape(g.dot(first, second, !isLeftStraight, !isRightStraight), result);
}

/** Whether all axes of one list come before those of another. */
function areBefore(some: readonly number[], others: readonly number[]): boolean {
  return some.every((i) => others.every((j) => i < j));
}

/** The shape of an operand with axes of size 1 in front. */
function aligned(g: Rewriter, id: NodeId, shape: Shape): Shape {
  const own = g.shape(id);
  return shape.map((_, axis) => own[axis - (shape.length - own.length)] ?? 1);
}

function rolesOf(shape: Shape, axes: readonly number[], a: Shape, b: Shape): Roles | null {
  const long = shape.flatMap((n, axis) => (n === 1 ? [] : [axis]));
  const inBoth = long.filter((axis) => a[axis] !== 1 && b[axis] !== 1);
  const inner = inBoth.filter((axis) => axes.includes(axis));
  const rest = long.filter((axis) => !inner.includes(axis));
  const onlyA = rest.filter((axis) => b[axis] === 1);
  const onlyB = rest.filter((axis) => a[axis] === 1);
  const isMatrixProduct =
    inner.length > 0 && inner.length === inBoth.length && rest.length > 0 && !rest.some((axis) => axes.includes(axis));
  return isMatrixProduct ? { inner, onlyA, onlyB } : null;
}

/** Elementwise nodes that nobody else reads need not be written to memory; kernels want what is. */
function isInMemory(g: Rewriter, id: NodeId): boolean {
  const node = g.node(id);
  if (node.op === 'reshape' || node.op === 'slice') return isInMemory(g, node.x);
  return g.isShared(id) || ['constant', 'input', 'dot', 'item', 'cholesky', 'triangularSolve', 'conv'].includes(node.op);
}
