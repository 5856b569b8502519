/**
 * @file Arrays assembled from parts: pads and concatenations as such, and parts that are assembled themselves.
 *
 * Law: exact.
 */
import { positions } from '../../graph/evaluate/positions.ts';
import type { AssembleNode, NodeId, Part, Shape } from '../../graph/node.ts';
import { at, sizeOf, stridesOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';

/** The parts of a concatenation. */
export function partsOfConcat(shapeOf: (id: NodeId) => Shape, parts: readonly NodeId[], axis: number): Part[] {
  let start = 0;
  return parts.map((x) => {
    const begin = shapeOf(x).map((_, i) => (i === axis ? start : 0));
    start += at(shapeOf(x), axis);
    return { x, begin };
  });
}

/** A part, or, if it is itself assembled, in the same `fill`, and nobody else reads it, its parts. */
export function flatten(g: Rewriter, part: Part, fill: number): readonly Part[] {
  const node = g.node(part.x);
  if (node.op !== 'assemble' || node.accumulate || g.isShared(part.x)) return [part];
  if (node.fill !== fill && !isCovered(g, node)) return [part];
  return node.parts.map(({ x, begin }) => ({ x, begin: begin.map((from, axis) => from + at(part.begin, axis)) }));
}

/** Whether the parts, which do not overlap, leave nothing to fill. */
function isCovered(g: Rewriter, { parts, shape }: AssembleNode): boolean {
  return parts.reduce((size, { x }) => size + sizeOf(g.shape(x)), 0) === sizeOf(shape);
}

/** For every entry of an array, the number of the part that it is from, or -1. The parts must not overlap. */
export function ownersOf(parts: readonly Part[], shape: Shape, shapeOf: (id: NodeId) => Shape): Int32Array {
  const owners = new Int32Array(sizeOf(shape)).fill(-1);
  const strides = stridesOf(shape);
  parts.forEach(({ x, begin }, number) => {
    const corner = begin.reduce((offset, from, axis) => offset + from * at(strides, axis), 0);
    for (const position of positions(shapeOf(x), strides, corner)) owners[position] = number;
  });
  return owners;
}
