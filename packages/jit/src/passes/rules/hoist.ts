/**
 * @file Sums of arrays: what does not vary along the summed axes goes out of the sum.
 *
 * Law: Σ(c x) becomes c Σx and Σ(x + c) becomes Σx + n c, the same but for rounding (of the size of that of the sum itself)
 * and where the terms come near overflow.
 */
import type { NodeId, Shape } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';
import { negated } from './operand.ts';

/** A sum under way: the shape summed over and the axes that go. */
interface Sum {
  readonly shape: Shape;
  readonly axes: readonly number[];
}

/** Whether `id`, broadcast to the shape that is summed, stays the same along the summed axes. */
function isLevel(g: Rewriter, id: NodeId, { shape, axes }: Sum): boolean {
  const own = g.shape(id);
  const added = shape.length - own.length;
  return axes.every((axis) => axis < added || own[axis - added] === 1);
}

/** What is left of a level operand when the summed axes go. */
function dropLevel(g: Rewriter, id: NodeId, { shape, axes }: Sum): NodeId {
  const own = g.shape(id);
  const added = shape.length - own.length;
  return g.reshape(id, own.filter((_, axis) => !axes.includes(axis + added)));
}

/** The sum of an operand broadcast to the shape that is summed: of its own axes, times how often it is repeated. */
function sumOf(g: Rewriter, id: NodeId, { shape, axes }: Sum): NodeId {
  const own = g.shape(id);
  const added = shape.length - own.length;
  const repeats = axes.reduce((n, axis) => (axis < added || own[axis - added] === 1 ? n * at(shape, axis) : n), 1);
  const ownAxes = axes.flatMap((axis) => (axis < added ? [] : [axis - added]));
  return g.binary('mul', g.reduce('sum', id, ownAxes), g.scalar(repeats));
}

/** A product with a level factor, or, if it is `over` that, a quotient. */
interface Peeled {
  readonly factor: NodeId;
  readonly rest: NodeId;
  readonly over: boolean;
}

/** `x` without a level factor; null where there is none to be had without more work. */
function peel(g: Rewriter, x: NodeId, sum: Sum): Peeled | null {
  const node = g.node(x);
  if (node.op !== 'binary' || (node.fn !== 'mul' && node.fn !== 'div')) return null;
  const { fn, a, b } = node;
  if (isLevel(g, b, sum)) return { factor: b, rest: a, over: fn === 'div' };
  if (isLevel(g, a, sum)) return fn === 'mul' ? { factor: a, rest: b, over: false } : null;
  if (g.isShared(x)) return null;
  const left = peel(g, a, sum);
  if (left !== null) return { ...left, rest: g.binary(fn, left.rest, b) };
  const right = fn === 'mul' ? peel(g, b, sum) : null;
  return right === null ? null : { ...right, rest: g.binary(fn, a, right.rest) };
}

/** The sum of `x` over `axes` in simpler terms, or null. The sum is of floats, over at least one entry. */
export function hoistFromSum(g: Rewriter, x: NodeId, axes: readonly number[]): NodeId | null {
  const node = g.node(x);
  const sum: Sum = { shape: node.shape, axes };
  const result = node.shape.filter((_, axis) => !axes.includes(axis));
  const whole = (id: NodeId): NodeId => g.broadcast(id, result);
  if (node.dtype !== 'float' || sizeOf(node.shape) === 0) return null;
  if (node.op === 'broadcast') return whole(sumOf(g, node.x, sum));
  const positive = negated(g, x);
  if (positive !== null) return g.unary('neg', g.reduce('sum', positive, axes));
  if (node.op === 'select') return ofSelect(g, x, sum, whole);
  if (node.op !== 'binary') return null;
  if (node.fn === 'add' || node.fn === 'sub') {
    const { fn, a, b } = node;
    // If the entries are wanted anyway, their sum costs one addition each, and so would another one.
    const splits = !g.isShared(x) && [a, b].some((id) => isLevel(g, id, sum) || g.isConstant(id));
    return splits ? whole(g.binary(fn, sumOf(g, a, sum), sumOf(g, b, sum))) : null;
  }
  const parts = peel(g, x, sum);
  if (parts === null) return null;
  return whole(g.binary(parts.over ? 'div' : 'mul', sumOf(g, parts.rest, sum), dropLevel(g, parts.factor, sum)));
}

/** A choice made once for all: between sums, one of which takes no loop. */
function ofSelect(g: Rewriter, x: NodeId, sum: Sum, whole: (id: NodeId) => NodeId): NodeId | null {
  const node = g.node(x);
  if (node.op !== 'select' || !isLevel(g, node.condition, sum)) return null;
  const { condition, a, b } = node;
  const isShort = (id: NodeId): boolean => isLevel(g, id, sum) || g.isConstant(id);
  if (!isShort(a) && !isShort(b)) return null;
  return whole(g.select(dropLevel(g, condition, sum), sumOf(g, a, sum), sumOf(g, b, sum)));
}
