/** @file What rules ask about operands. */
import type { BinaryFunction, NodeId, NodeOf } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';

/** The least positive normal double: below it, products lose digits. */
const LEAST_NORMAL = 2 ** -1022;

/** The number that every entry of the node is, if it is a constant of equal entries; else null. */
export function uniformValue(g: Rewriter, id: NodeId): number | null {
  const node = g.node(id);
  const source = node.op === 'broadcast' ? g.node(node.x) : node;
  return source.op === 'constant' && source.values.length === 1 ? at(source.values, 0) : null;
}

/** The node if it is that function of two numbers, in floats. */
export function asBinary(g: Rewriter, id: NodeId, fn: BinaryFunction): NodeOf<'binary'> | null {
  const node = g.node(id);
  return node.op === 'binary' && node.fn === fn && node.dtype === 'float' ? node : null;
}

/** The x of `-x`, or null. */
export function negated(g: Rewriter, id: NodeId): NodeId | null {
  const node = g.node(id);
  return node.op === 'unary' && node.fn === 'neg' && node.dtype === 'float' ? node.x : null;
}

/**
 * Two constants joined, null where that is no good: where the result holds more entries than either, or an entry that is
 * infinite or so small that digits are lost, which two separate steps might have spared.
 */
export function combine(g: Rewriter, fn: 'add' | 'sub' | 'mul' | 'div', a: NodeId, b: NodeId): NodeId | null {
  if (!g.isConstant(a) || !g.isConstant(b)) return null;
  const result = g.binary(fn, a, b);
  const size = sizeOf(g.shape(result));
  if (size > sizeOf(g.shape(a)) && size > sizeOf(g.shape(b))) return null;
  const node = g.node(result);
  const source = node.op === 'broadcast' ? g.node(node.x) : node;
  if (source.op !== 'constant') return null;
  const isFine = fn === 'add' || fn === 'sub' ? Number.isFinite : isNormal;
  return source.values.every(isFine) ? result : null;
}

/** Whether the node cannot be negative (it may be NaN), as far as its last few operations tell. */
export function isNonNegative(g: Rewriter, id: NodeId, depth: number = 6): boolean {
  const node = g.node(id);
  const isSo = (x: NodeId): boolean => depth > 0 && isNonNegative(g, x, depth - 1);
  if (node.op === 'constant') return node.values.every((x) => !(x < 0));
  if (node.op === 'broadcast' || node.op === 'reshape') return isSo(node.x);
  if (node.op === 'unary') return NON_NEGATIVE.includes(node.fn);
  if (node.op !== 'binary') return false;
  if (node.fn === 'mul' && node.a === node.b) return true;
  // 1 - p of a probability.
  const subtrahend = g.node(node.b);
  if (node.fn === 'sub') return uniformValue(g, node.a) === 1 && subtrahend.op === 'unary' && subtrahend.fn === 'sigmoid';
  return (node.fn === 'add' || node.fn === 'mul' || node.fn === 'div') && isSo(node.a) && isSo(node.b);
}

const NON_NEGATIVE: readonly string[] = ['abs', 'exp', 'sqrt', 'sigmoid', 'softplus', 'cosh', 'acos', 'acosh'];

function isNormal(x: number): boolean {
  return Math.abs(x) >= LEAST_NORMAL && Number.isFinite(x);
}

/** Whether dividing by `x` is, to the last bit, multiplying by `1 / x`. */
export function isPowerOfTwo(x: number): boolean {
  return isNormal(x) && isNormal(1 / x) && Number.isInteger(Math.log2(Math.abs(x))) && 2 ** Math.log2(Math.abs(x)) === Math.abs(x);
}
