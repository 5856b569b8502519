/**
 * @file Sums and differences of floats.
 *
 * Law: terms are added in another order, so that results change by the rounding of the greatest term; the sign of a zero
 * may change. What was NaN because infinities cancelled may become a number.
 */
import type { NodeId } from '../../graph/node.ts';
import { broadcastShapes, sizeOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';
import { asBinary, combine, negated, uniformValue } from './operand.ts';

/** A term that ends in a constant: `x + c`, or `c - x`. */
interface Shifted {
  readonly x: NodeId;
  readonly isNegative: boolean;
  readonly c: NodeId;
}

function shifted(g: Rewriter, id: NodeId): Shifted | null {
  const node = g.node(id);
  if (node.op !== 'binary' || node.dtype !== 'float') return null;
  const { fn, a, b } = node;
  if (fn === 'add' && g.isConstant(b)) return { x: a, isNegative: false, c: b };
  return fn === 'sub' && g.isConstant(a) ? { x: b, isNegative: true, c: a } : null;
}

const signed = (g: Rewriter, { x, isNegative }: Shifted): NodeId => (isNegative ? g.unary('neg', x) : x);

/** `x + c` where x itself ends in a constant. */
function shiftedAgain(g: Rewriter, id: NodeId, c: NodeId): NodeId | null {
  const view = shifted(g, id);
  const joint = view && combine(g, 'add', view.c, c);
  if (view === null || joint === null) return null;
  return view.isNegative ? g.binary('sub', joint, view.x) : g.binary('add', view.x, joint);
}

/** `x` as `x c`: the x and the c, null if that is 1. */
function multiple(g: Rewriter, id: NodeId): { readonly x: NodeId; readonly c: NodeId | null } {
  const product = asBinary(g, id, 'mul');
  return product !== null && g.isConstant(product.b) ? { x: product.a, c: product.b } : { x: id, c: null };
}

/** `x c + x d` is `x (c + d)`, and `x - x` is 0. */
function likeTerms(g: Rewriter, fn: 'add' | 'sub', a: NodeId, b: NodeId): NodeId | null {
  const [left, right] = [multiple(g, a), multiple(g, b)];
  if (left.x !== right.x) return null;
  if (fn === 'sub' && left.c === right.c) return g.broadcast(g.scalar(0), broadcastShapes(g.shape(a), g.shape(b)));
  const joint = combine(g, fn, left.c ?? g.scalar(1), right.c ?? g.scalar(1));
  return joint === null || uniformValue(g, joint) === 0 ? null : g.binary('mul', left.x, joint);
}

/** `k x + k y` is `k (x + y)`, and `x / k + y / k` is `(x + y) / k`, unless the products are needed anyway. */
function commonFactor(g: Rewriter, fn: 'add' | 'sub', a: NodeId, b: NodeId): NodeId | null {
  const [left, right] = [g.node(a), g.node(b)];
  if (left.op !== 'binary' || right.op !== 'binary' || left.fn !== right.fn || g.isShared(a) || g.isShared(b)) return null;
  if (left.b === right.b && (left.fn === 'mul' || left.fn === 'div')) {
    return g.binary(left.fn, g.binary(fn, left.a, right.a), left.b);
  }
  if (left.fn !== 'mul') return null;
  if (left.a === right.a) return g.binary('mul', g.binary(fn, left.b, right.b), left.a);
  if (left.a === right.b) return g.binary('mul', g.binary(fn, left.b, right.a), left.a);
  return left.b === right.a ? g.binary('mul', g.binary(fn, left.a, right.b), left.b) : null;
}

/** `(z + k x) + k y` is `z + k (x + y)`, so that a long sum of such terms multiplies once. */
function commonFactorWithin(g: Rewriter, a: NodeId, b: NodeId): NodeId | null {
  const inner = asBinary(g, a, 'add');
  if (inner === null || g.isShared(a)) return null;
  const joint = (term: NodeId, rest: NodeId): NodeId | null => {
    const product = commonFactor(g, 'add', term, b);
    return product && g.binary('add', rest, product);
  };
  return joint(inner.b, inner.a) ?? joint(inner.a, inner.b);
}

/** Constants go out of the way: `(x + c) + y` is `(x + y) + c`, unless `x + c` is needed anyway or `x + y` is longer. */
function constantOutward(g: Rewriter, a: NodeId, b: NodeId): NodeId | null {
  const view = shifted(g, a);
  if (view === null || g.isShared(a) || sizeOf(g.shape(b)) > sizeOf(g.shape(a))) return null;
  return g.binary('add', g.binary('add', b, signed(g, view)), view.c);
}

/** `a + b`. */
export function rewriteAdd(g: Rewriter, a: NodeId, b: NodeId): NodeId | null {
  if (g.isConstant(a) && !g.isConstant(b)) return g.binary('add', b, a);
  const [minusA, minusB] = [negated(g, a), negated(g, b)];
  if (minusB !== null) return g.binary('sub', a, minusB);
  if (minusA !== null) return g.binary('sub', b, minusA);
  if (g.isConstant(b)) return shiftedAgain(g, a, b);
  return (
    likeTerms(g, 'add', a, b) ??
    commonFactor(g, 'add', a, b) ??
    constantOutward(g, a, b) ??
    constantOutward(g, b, a) ??
    commonFactorWithin(g, a, b) ??
    commonFactorWithin(g, b, a)
  );
}

/** `a - b`; with a constant scalar at the right it is a sum. */
export function rewriteSub(g: Rewriter, a: NodeId, b: NodeId): NodeId | null {
  const minusB = negated(g, b);
  if (minusB !== null) return g.binary('add', a, minusB);
  if (uniformValue(g, b) !== null) return g.binary('add', a, g.unary('neg', b));
  if (g.isConstant(a)) return constantMinus(g, a, b);
  const minusA = negated(g, a);
  if (minusA !== null && !g.isShared(a)) return g.unary('neg', g.binary('add', minusA, b));
  return likeTerms(g, 'sub', a, b) ?? commonFactor(g, 'sub', a, b) ?? differenceOfShifted(g, a, b);
}

/** `c - x` where x itself ends in a constant. */
function constantMinus(g: Rewriter, c: NodeId, x: NodeId): NodeId | null {
  const view = shifted(g, x);
  const joint = view && combine(g, 'sub', c, view.c);
  if (view === null || joint === null) return null;
  return view.isNegative ? g.binary('add', view.x, joint) : g.binary('sub', joint, view.x);
}

/** `(x + c) - y` and `x - (y + c)` are `(x - y) + c`. */
function differenceOfShifted(g: Rewriter, a: NodeId, b: NodeId): NodeId | null {
  const [left, right] = [shifted(g, a), shifted(g, b)];
  if (left !== null && !g.isShared(a) && sizeOf(g.shape(b)) <= sizeOf(g.shape(a))) {
    return g.binary('add', g.binary('sub', signed(g, left), b), left.c);
  }
  if (right === null || g.isShared(b) || sizeOf(g.shape(a)) > sizeOf(g.shape(b)) || uniformValue(g, right.c) === null) return null;
  return g.binary('add', g.binary('sub', a, signed(g, right)), g.unary('neg', right.c));
}
