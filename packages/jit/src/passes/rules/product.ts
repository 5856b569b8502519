/**
 * @file Products, quotients and signs of floats.
 *
 * Law: signs move exactly; constants are joined where the joint one is a normal number, which changes results by rounding
 * alone (at most two units in the last place) and overflows no earlier. What was NaN because of 0 / 0 or infinities that
 * cancel may become a number.
 */
import type { NodeId } from '../../graph/node.ts';
import type { Rewriter } from '../rewriter.ts';
import { invertDivisor, reorderFactors } from './factors.ts';
import { asBinary, combine, isNonNegative, isPowerOfTwo, negated, uniformValue } from './operand.ts';

/** `x * c` where x itself ends in a constant. */
function scaled(g: Rewriter, x: NodeId, c: NodeId): NodeId | null {
  if (uniformValue(g, c) === -1) return g.unary('neg', x);
  if (uniformValue(g, c) === 0 && isFromBool(g, x)) return c;
  const positive = negated(g, x);
  if (positive !== null) {
    return uniformValue(g, c) === null
      ? g.unary('neg', g.binary('mul', positive, c))
      : g.binary('mul', positive, g.unary('neg', c));
  }
  const product = asBinary(g, x, 'mul');
  if (product !== null) {
    const joint = combine(g, 'mul', product.b, c);
    return joint === null ? null : g.binary('mul', product.a, joint);
  }
  const quotient = asBinary(g, x, 'div');
  if (quotient === null) return null;
  const over = combine(g, 'mul', quotient.a, c);
  if (over !== null) return g.binary('div', over, quotient.b);
  const ratio = combine(g, 'div', c, quotient.b);
  return ratio === null ? null : g.binary('mul', quotient.a, ratio);
}

/** Whether the node is 0 or 1 everywhere. */
function isFromBool(g: Rewriter, id: NodeId): boolean {
  const node = g.node(id);
  return node.op === 'cast' && g.dtype(node.x) === 'bool';
}

/** `a * b`. */
export function rewriteMul(g: Rewriter, a: NodeId, b: NodeId): NodeId | null {
  if (g.isConstant(a) && !g.isConstant(b)) return g.binary('mul', b, a);
  if (g.isConstant(b)) return scaled(g, a, b);
  const [minusA, minusB] = [negated(g, a), negated(g, b)];
  if (minusA !== null && minusB !== null) return g.binary('mul', minusA, minusB);
  if (minusA !== null) return g.unary('neg', g.binary('mul', minusA, b));
  if (minusB !== null) return g.unary('neg', g.binary('mul', a, minusB));
  return square(g, a, b) ?? undone(g, a, b) ?? undone(g, b, a) ?? reorderFactors(g, a, b) ?? reorderFactors(g, b, a);
}

/** The square of `|x|` is that of x, the square of `sqrt(x)` is x; but for a negative x that is not to be hidden. */
function square(g: Rewriter, a: NodeId, b: NodeId): NodeId | null {
  const node = g.node(a);
  if (a !== b || node.op !== 'unary') return null;
  if (node.fn === 'abs') return g.binary('mul', node.x, node.x);
  return node.fn === 'sqrt' && isNonNegative(g, node.x) ? node.x : null;
}

/** `x (c / x)` is c. */
function undone(g: Rewriter, x: NodeId, b: NodeId): NodeId | null {
  const quotient = asBinary(g, b, 'div');
  return quotient !== null && quotient.b === x ? g.broadcast(quotient.a, quotient.shape) : null;
}

/** `a / b`. */
export function rewriteDiv(g: Rewriter, a: NodeId, b: NodeId): NodeId | null {
  const [minusA, minusB] = [negated(g, a), negated(g, b)];
  if (minusA !== null && minusB !== null) return g.binary('div', minusA, minusB);
  if (g.isConstant(b)) return dividedBy(g, a, b) ?? invertDivisor(g, a, b);
  if (g.isConstant(a)) return constantOver(g, a, b, minusB);
  if (minusA !== null) return g.unary('neg', g.binary('div', minusA, b));
  if (minusB !== null) return g.unary('neg', g.binary('div', a, minusB));
  return cancelled(g, a, b) ?? invertDivisor(g, a, b);
}

/** `x y / y` is x. */
function cancelled(g: Rewriter, a: NodeId, b: NodeId): NodeId | null {
  const product = asBinary(g, a, 'mul');
  if (product === null) return null;
  if (product.b === b) return product.a;
  return product.a === b ? product.b : null;
}

function dividedBy(g: Rewriter, x: NodeId, c: NodeId): NodeId | null {
  const value = uniformValue(g, c);
  if (value !== null && isPowerOfTwo(value)) return g.binary('mul', x, g.scalar(1 / value));
  const positive = negated(g, x);
  if (positive !== null) {
    return value === null
      ? g.unary('neg', g.binary('div', positive, c))
      : g.binary('div', positive, g.unary('neg', c));
  }
  const product = asBinary(g, x, 'mul');
  if (product !== null) {
    const ratio = combine(g, 'div', product.b, c);
    return ratio === null ? null : g.binary('mul', product.a, ratio);
  }
  const quotient = asBinary(g, x, 'div');
  if (quotient === null) return null;
  const over = combine(g, 'div', quotient.a, c);
  if (over !== null) return g.binary('div', over, quotient.b);
  const joint = combine(g, 'mul', quotient.b, c);
  return joint === null ? null : g.binary('div', quotient.a, joint);
}

function constantOver(g: Rewriter, c: NodeId, x: NodeId, positive: NodeId | null): NodeId | null {
  if (positive !== null && uniformValue(g, c) !== null) return g.binary('div', g.unary('neg', c), positive);
  if (positive !== null) return g.unary('neg', g.binary('div', c, positive));
  const product = asBinary(g, x, 'mul');
  if (product === null) return null;
  const ratio = combine(g, 'div', c, product.b);
  return ratio === null ? null : g.binary('div', ratio, product.a);
}

/** `-x`. The sign of a zero may change. */
export function rewriteNeg(g: Rewriter, x: NodeId): NodeId | null {
  const node = g.node(x);
  if (node.dtype !== 'float') return null;
  if (node.op === 'unary' && node.fn === 'neg') return node.x;
  if (node.op !== 'binary') return null;
  const { fn, a, b } = node;
  if (fn === 'sub') return g.binary('sub', b, a);
  if (fn === 'add' && uniformValue(g, b) !== null) return g.binary('sub', g.unary('neg', b), a);
  if ((fn === 'mul' || fn === 'div') && uniformValue(g, b) !== null) return g.binary(fn, a, g.unary('neg', b));
  return fn === 'div' && uniformValue(g, a) !== null ? g.binary('div', g.unary('neg', a), b) : null;
}
