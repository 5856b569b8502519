/**
 * @file Transposes, and transposes of matrices that are multiplied.
 *
 * Law: exact; but of scalar factors, as that of the order of factors.
 */
import type { NodeId, NodeOf } from '../../graph/node.ts';
import { at, broadcastShapes, sizeOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';
import { throughLinear } from './linear.ts';
import { rewriteOneHot } from './oneHot.ts';

/** `transpose(x)` of a transpose, or of a product of matrices that nobody else wants. */
export function rewriteTranspose(g: Rewriter, x: NodeId, permutation: readonly number[]): NodeId | null {
  const node = g.node(x);
  if (node.op === 'transpose') {
    return g.transpose(node.x, permutation.map((axis) => at(node.permutation, axis)));
  }
  if (node.op !== 'dot' || g.isShared(x) || !swapsLastTwo(permutation)) return null;
  return g.dot(node.b, node.a, !node.transposeB, !node.transposeA);
}

function swapsLastTwo(permutation: readonly number[]): boolean {
  const rank = permutation.length;
  return permutation.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i));
}

/** A matrix, or the one that it is the transpose of. */
function untransposed(g: Rewriter, id: NodeId): NodeOf<'transpose'> | null {
  const node = g.node(id);
  return node.op === 'transpose' && swapsLastTwo(node.permutation) ? node : null;
}

/** A product of matrices: transposes go into its flags, and of a column with a row it is elementwise. */
export function rewriteDot(g: Rewriter, a: NodeId, b: NodeId, transposeA: boolean, transposeB: boolean): NodeId | null {
  const [left, right] = [untransposed(g, a), untransposed(g, b)];
  if (left !== null) return g.dot(left.x, b, !transposeA, transposeB);
  if (right !== null) return g.dot(a, right.x, transposeA, !transposeB);
  const lookedUp = rewriteOneHot(g, a, b, transposeA, transposeB);
  if (lookedUp !== null) return lookedUp;
  const inner = at(g.shape(a), g.shape(a).length - (transposeA ? 2 : 1));
  if (inner === 1) return g.binary('mul', column(g, a, transposeA), row(g, b, transposeB));
  const size = sizeOf(broadcastShapes(g.shape(a).slice(0, -2), g.shape(b).slice(0, -2))) * rowsOf(g, a, transposeA) * rowsOf(g, b, !transposeB);
  return (
    throughLinear(g, a, size, (x) => g.dot(x, b, transposeA, transposeB)) ??
    throughLinear(g, b, size, (x) => g.dot(a, x, transposeA, transposeB))
  );
}

function rowsOf(g: Rewriter, x: NodeId, isTransposed: boolean): number {
  const shape = g.shape(x);
  return at(shape, shape.length - (isTransposed ? 1 : 2));
}

/** [..., m, 1], given transposed or not. */
function column(g: Rewriter, x: NodeId, isTransposed: boolean): NodeId {
  const shape = g.shape(x);
  return isTransposed ? g.reshape(x, [...shape.slice(0, -2), at(shape, shape.length - 1), 1]) : x;
}

/** [..., 1, n], given transposed or not. */
function row(g: Rewriter, x: NodeId, isTransposed: boolean): NodeId {
  const shape = g.shape(x);
  return isTransposed ? g.reshape(x, [...shape.slice(0, -2), 1, at(shape, shape.length - 2)]) : x;
}
