/**
 * @file The order of factors: longer arrays first, among equals what is new first and constants last. So what is short is
 * multiplied together before it meets what is long, and what many terms have in common stands where it can be taken out.
 *
 * Law: products are taken in another order and short divisors inverted first: results change by as many units in the last
 * place as there are factors, unless the products of the short ones over- or underflow.
 */
import type { NodeId } from '../../graph/node.ts';
import { broadcastShapes, sizeOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';
import { asBinary } from './operand.ts';

/** How many times longer the dividend must be than the divisor for one more division to be worth its while. */
const WORTH_INVERTING = 4;

/** `a * b` where a is `x s`. */
export function reorderFactors(g: Rewriter, a: NodeId, b: NodeId): NodeId | null {
  const inner = asBinary(g, a, 'mul');
  if (inner === null || g.isShared(a)) return null;
  const { a: x, b: s } = inner;
  const [long, short] = [sizeOf(inner.shape), sizeOf(g.shape(s))];
  if (sizeOf(g.shape(x)) < long) return null;
  const product = (p: NodeId, q: NodeId): NodeId => g.binary('mul', p, q);
  if (a === b) return short < long ? product(product(x, x), product(s, s)) : null;
  const other = sizeOf(g.shape(b));
  if (short < long && other < long) {
    const joint = sizeOf(broadcastShapes(g.shape(s), g.shape(b)));
    return joint < long ? product(x, product(s, b)) : null;
  }
  if (other > long || other < short) return null;
  const isInPlace = short === other && !g.isConstant(s) && (s >= b || asBinary(g, x, 'mul') !== null);
  return isInPlace ? null : product(product(x, b), s);
}

/** `x / s` as `x (1 / s)` where s is much shorter, or has been inverted before. */
export function invertDivisor(g: Rewriter, x: NodeId, s: NodeId): NodeId | null {
  const isShort = sizeOf(g.shape(x)) >= WORTH_INVERTING * sizeOf(g.shape(s));
  const inverse = isShort ? g.invert(s) : g.inverseOf(s);
  return inverse === null ? null : g.binary('mul', x, inverse);
}

/** Whether `a * b` should have its factors the other way round. */
export function areOutOfOrder(g: Rewriter, a: NodeId, b: NodeId): boolean {
  const [m, n] = [sizeOf(g.shape(a)), sizeOf(g.shape(b))];
  if (g.isConstant(a) !== g.isConstant(b)) return g.isConstant(a);
  return m === n ? a < b : m < n;
}
