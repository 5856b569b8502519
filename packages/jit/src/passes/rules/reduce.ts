/**
 * @file Reductions of what was moved about, repeated or reduced before.
 *
 * Law: exact, but that sums and products are taken in another order.
 */
import type { NodeId, NodeOf, Reduction, Shape } from '../../graph/node.ts';
import { at, sameShape } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';
import { contract } from './contract.ts';
import { hoistFromSum } from './hoist.ts';

/** Reductions that an entry may enter twice without a difference. */
const IDEMPOTENT: readonly Reduction[] = ['max', 'min', 'all', 'any'];

/** `reduce(x)` over `axes`, ascending, all of them longer than 1. */
export function rewriteReduce(g: Rewriter, fn: Reduction, x: NodeId, axes: readonly number[]): NodeId | null {
  if (fn === 'argmax' || fn === 'argmin') return null;
  const node = g.node(x);
  if (node.op === 'reshape') return ofReshaped(g, fn, node, axes);
  if (node.op === 'transpose') return ofTransposed(g, fn, node, axes);
  if (node.op === 'reduce') return ofReduced(g, fn, x, axes);
  if (node.op === 'gather' && fn === 'sum') return ofGathered(g, node, axes);
  if (node.op === 'assemble') return ofAssembled(g, fn, node, axes);
  if (node.op === 'broadcast' && IDEMPOTENT.includes(fn)) return ofRepeated(g, fn, node, axes);
  return fn === 'sum' ? (hoistFromSum(g, x, axes) ?? contract(g, x, axes)) : null;
}

function ofRepeated(g: Rewriter, fn: Reduction, { x, shape }: NodeOf<'broadcast'>, axes: readonly number[]): NodeId | null {
  if (shape.includes(0)) return null;
  const added = shape.length - g.shape(x).length;
  const own = axes.flatMap((axis) => (axis < added ? [] : [axis - added]));
  return g.broadcast(g.reduce(fn, x, own), shape.filter((_, axis) => !axes.includes(axis)));
}

/** A full reduction does not care for the shape; another one does not care for axes of size 1. */
function ofReshaped(g: Rewriter, fn: Reduction, { x, shape }: NodeOf<'reshape'>, axes: readonly number[]): NodeId | null {
  const source = g.shape(x);
  const result = shape.filter((_, axis) => !axes.includes(axis));
  if (result.every((n) => n === 1)) return g.reshape(g.reduce(fn, x, longAxes(source)), result);
  const [from, to] = [longAxes(source), longAxes(shape)];
  if (!sameShape(from.map((axis) => at(source, axis)), to.map((axis) => at(shape, axis)))) return null;
  return g.reshape(g.reduce(fn, x, axes.map((axis) => at(from, to.indexOf(axis)))), result);
}

function longAxes(shape: Shape): number[] {
  return shape.flatMap((n, axis) => (n === 1 ? [] : [axis]));
}

function ofTransposed(g: Rewriter, fn: Reduction, { x, permutation }: NodeOf<'transpose'>, axes: readonly number[]): NodeId {
  const gone = axes.map((axis) => at(permutation, axis));
  const kept = permutation.filter((axis) => !gone.includes(axis));
  const order = kept.toSorted((a, b) => a - b);
  return g.transpose(g.reduce(fn, x, gone), kept.map((axis) => order.indexOf(axis)));
}

function ofReduced(g: Rewriter, fn: Reduction, id: NodeId, axes: readonly number[]): NodeId | null {
  const inner = g.node(id);
  if (inner.op !== 'reduce' || inner.fn !== fn || g.isShared(id)) return null;
  const kept = g.shape(inner.x).flatMap((_, axis) => (inner.axes.includes(axis) ? [] : [axis]));
  return g.reduce(fn, inner.x, [...inner.axes, ...axes.map((axis) => at(kept, axis))]);
}

/** Zeros beside it do not change a sum. */
function ofAssembled(g: Rewriter, fn: Reduction, { parts, shape, fill }: NodeOf<'assemble'>, axes: readonly number[]): NodeId | null {
  const [part] = parts;
  if (fn !== 'sum' || fill !== 0 || parts.length !== 1 || part === undefined) return null;
  const isAlong = g.shape(part.x).every((n, axis) => n === shape[axis] || axes.includes(axis));
  return isAlong ? g.reduce(fn, part.x, axes) : null;
}

/** A sum of entries of a vector, gathered at known indices: each entry times how often it is gathered. */
function ofGathered(g: Rewriter, { x, indices, shape, dtype }: NodeOf<'gather'>, axes: readonly number[]): NodeId | null {
  const places = g.constantValue(indices)?.values;
  const [size, ...rest] = g.shape(x);
  if (places === undefined || size === undefined || rest.length > 0 || dtype !== 'float') return null;
  if (axes.length !== shape.length || size >= places.length) return null;
  const counts = new Float64Array(size);
  for (const place of places) counts[place] = (counts[place] ?? 0) + 1;
  return g.reduce('sum', g.binary('mul', x, g.constant(counts, [size], 'float')), [0]);
}
