/** @file Slices and gathers of what was moved about before; all exact. */
import type { NodeId, NodeOf, Shape } from '../../graph/node.ts';
import { at, stridesOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';

/** Which entries a slice takes. */
export interface Range {
  readonly begin: readonly number[];
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** `x` at a range, in simpler terms. */
export function rewriteSlice(g: Rewriter, x: NodeId, range: Range): NodeId | null {
  const node = g.node(x);
  if (range.shape.includes(0)) return null;
  if (node.op === 'broadcast') return ofRepeated(g, node, range);
  if (node.op === 'assemble') return ofAssembled(g, x, node, range);
  return node.op === 'slice' ? ofSlice(g, node, range) : null;
}

function ofSlice(g: Rewriter, { x, begin, strides }: NodeOf<'slice'>, range: Range): NodeId {
  return g.slice(
    x,
    begin.map((from, axis) => from + at(range.begin, axis) * at(strides, axis)),
    range.shape,
    strides.map((stride, axis) => stride * at(range.strides, axis)),
  );
}

/** The range of a box that lies at `corner`, if the range lies within the box. */
function within(g: Rewriter, box: NodeId, corner: readonly number[], range: Range): NodeId | null {
  const begin = range.begin.map((from, axis) => from - at(corner, axis));
  const fits = g.shape(box).every((n, axis) => {
    const first = at(begin, axis);
    const last = first + (at(range.shape, axis) - 1) * at(range.strides, axis);
    return Math.min(first, last) >= 0 && Math.max(first, last) < n;
  });
  return fits ? g.slice(box, begin, range.shape, range.strides) : null;
}

function ofRepeated(g: Rewriter, { x }: NodeOf<'broadcast'>, range: Range): NodeId {
  const own = g.shape(x);
  const added = range.shape.length - own.length;
  const part = g.slice(
    x,
    own.map((n, axis) => (n === 1 ? 0 : at(range.begin, axis + added))),
    own.map((n, axis) => (n === 1 ? 1 : at(range.shape, axis + added))),
    own.map((n, axis) => (n === 1 ? 1 : at(range.strides, axis + added))),
  );
  return g.broadcast(part, range.shape);
}

/** Within the one part that it starts in. */
function ofAssembled(g: Rewriter, id: NodeId, node: NodeOf<'assemble'>, range: Range): NodeId | null {
  const strides = stridesOf(node.shape);
  const first = range.begin.reduce((offset, from, axis) => offset + from * at(strides, axis), 0);
  const part = g.partAt(id, first);
  return part && within(g, part.x, part.begin, range);
}

/** Gathers at indices that are known and evenly spaced are slices; of one entry alone, repetitions of it. */
export function rewriteGather(g: Rewriter, x: NodeId, indices: NodeId, axis: number): NodeId | null {
  const known = g.constantValue(indices)?.values;
  if (known === undefined || known.length === 0) return null;
  const shape = g.shape(x);
  const place = (size: number): number[] => shape.map((n, i) => (i === axis ? size : n));
  const result = [...shape.slice(0, axis), ...g.shape(indices), ...shape.slice(axis + 1)];
  const first = at(known, 0);
  const begin = shape.map((_, i) => (i === axis ? first : 0));
  const step = known.length === 1 ? 1 : at(known, 1) - first;
  if (!known.every((index, i) => index === first + i * step)) return null;
  if (step !== 0) {
    return g.reshape(g.slice(x, begin, place(known.length), shape.map((_, i) => (i === axis ? step : 1))), result);
  }
  return g.reshape(g.broadcast(g.slice(x, begin, place(1)), place(known.length)), result);
}
