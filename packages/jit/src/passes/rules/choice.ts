/**
 * @file Extremes, truth values, selections and casts.
 *
 * Law: exact, but for the sign of a zero.
 */
import type { BinaryFunction, DType, NodeId } from '../../graph/node.ts';
import { UNARY } from '../../graph/functions.ts';
import type { Rewriter } from '../rewriter.ts';
import { uniformValue } from './operand.ts';

/** `and` and `or` with what is known. */
export function rewriteTruth(g: Rewriter, fn: BinaryFunction, a: NodeId, b: NodeId): NodeId | null {
  const [left, right] = [uniformValue(g, a), uniformValue(g, b)];
  const known = left ?? right;
  if (known === null || g.dtype(a) !== 'bool' || g.dtype(b) !== 'bool') return null;
  const decides = fn === 'and' ? known === 0 : known !== 0;
  return decides ? g.scalar(fn === 'and' ? 0 : 1, 'bool') : left === null ? a : b;
}

/** `f(x, x)` is x, and `f(f(x, c), d)` is `f(x, f(c, d))`, for `min`, `max`, `and` and `or`. */
export function rewriteLattice(g: Rewriter, fn: BinaryFunction, a: NodeId, b: NodeId): NodeId | null {
  if (a === b) return a;
  if (g.isConstant(a) && !g.isConstant(b)) return g.binary(fn, b, a);
  const inner = g.node(a);
  if (inner.op !== 'binary' || inner.fn !== fn || uniformValue(g, b) === null || uniformValue(g, inner.b) === null) return null;
  return g.binary(fn, inner.a, g.binary(fn, inner.b, b));
}

/** `condition ? a : b`. */
export function rewriteSelect(g: Rewriter, condition: NodeId, a: NodeId, b: NodeId): NodeId | null {
  if (a === b) return a;
  const known = uniformValue(g, condition);
  if (known !== null) return known !== 0 ? a : b;
  const node = g.node(condition);
  if (node.op === 'unary' && node.fn === 'not') return g.select(node.x, b, a);
  return isNeedlessGuard(g, condition, a, b) ? b : null;
}

/** `x == 0 ? 0 : x c` with a finite c, and `x == 0 ? 0 : x / c` with one that is not zero: 0 by themselves. */
function isNeedlessGuard(g: Rewriter, condition: NodeId, a: NodeId, b: NodeId): boolean {
  const [test, term] = [g.node(condition), g.node(b)];
  if (test.op !== 'compare' || test.fn !== 'eq' || uniformValue(g, test.b) !== 0 || uniformValue(g, a) !== 0) return false;
  if (term.op !== 'binary' || term.dtype !== 'float' || term.a !== test.a && term.b !== test.a) return false;
  const other = g.node(term.a === test.a ? term.b : term.a);
  const values = other.op === 'constant' ? other.values : null;
  if (values === null || !values.every(Number.isFinite)) return false;
  return term.fn === 'mul' || (term.fn === 'div' && term.a === test.a && !values.includes(0));
}

/** A cast of what was cast before, where the first one lost nothing that the second would keep. */
export function rewriteCast(g: Rewriter, x: NodeId, dtype: DType): NodeId | null {
  const node = g.node(x);
  if (node.op !== 'cast') return null;
  const source = g.dtype(node.x);
  const keptAll = source === 'bool' || node.dtype === 'float';
  if (keptAll || (dtype === 'bool' && node.dtype === 'bool')) return g.cast(node.x, dtype);
  return null;
}

/** Functions whose inner one the outer undoes, or that do nothing a second time. */
const INVERSES: Readonly<Record<string, string>> = { log: 'exp', log1p: 'expm1', not: 'not' };
const IDEMPOTENT: readonly string[] = ['abs', 'sign', 'floor', 'ceil', 'round'];

/**
 * A function of a function: `log(exp(x))` is x (better so: `exp` may overflow), `abs(-x)` is `abs(x)`, and so on.
 * `exp(log(x))` stays, since it marks a negative x with NaN.
 */
export function rewriteUnary(g: Rewriter, fn: keyof typeof UNARY, x: NodeId): NodeId | null {
  const node = g.node(x);
  if (node.op !== 'unary') return fn === 'sqrt' ? rootOfSquare(g, x) : null;
  if (INVERSES[fn] === node.fn) return node.x;
  if (fn === node.fn && IDEMPOTENT.includes(fn)) return x;
  const isEven = fn === 'abs' || fn === 'cos' || fn === 'cosh';
  return isEven && (node.fn === 'neg' || (node.fn === 'abs' && fn !== 'abs')) ? g.unary(fn, node.x) : null;
}

/** `sqrt(x x)` is `|x|`. */
function rootOfSquare(g: Rewriter, id: NodeId): NodeId | null {
  const node = g.node(id);
  return node.op === 'binary' && node.fn === 'mul' && node.a === node.b && node.dtype === 'float' ? g.unary('abs', node.a) : null;
}
