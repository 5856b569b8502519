/**
 * @file Linear nodes (products of matrices, scattered sums): signs and scalar factors go through them, to where there are
 * fewer numbers to multiply.
 *
 * Law: as that of the order of factors.
 */
import type { NodeId } from '../../graph/node.ts';
import { sizeOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';

/** `x` without its sign or scalar factor, and what puts it back; null where it has none. */
interface Stripped {
  readonly x: NodeId;
  readonly restore: (result: NodeId) => NodeId;
}

function strip(g: Rewriter, id: NodeId): Stripped | null {
  const node = g.node(id);
  if (node.op === 'reshape') {
    const inner = strip(g, node.x);
    return inner && { ...inner, x: g.reshape(inner.x, node.shape) };
  }
  if (node.dtype !== 'float') return null;
  if (node.op === 'unary' && node.fn === 'neg') return { x: node.x, restore: (result) => g.unary('neg', result) };
  if (node.op !== 'binary' || node.fn !== 'mul' || sizeOf(g.shape(node.b)) !== 1) return null;
  return { x: node.a, restore: (result) => g.binary('mul', result, node.b) };
}

/**
 * `f(x)`, linear in x, as `s f(x / s)` with the scalar factor s of x.
 *
 * @param make - `f`.
 * @param size - how many entries `f(x)` has: as many as x at most, or nothing would be gained.
 */
export function throughLinear(g: Rewriter, x: NodeId, size: number, make: (x: NodeId) => NodeId): NodeId | null {
  if (size > sizeOf(g.shape(x))) return null;
  const stripped = strip(g, x);
  return stripped && stripped.restore(make(stripped.x));
}
