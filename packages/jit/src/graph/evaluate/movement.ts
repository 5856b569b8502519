/** @file Nodes that move data without changing it. */
import type { NodeOf } from '../node.ts';
import { at, sizeOf, stridesOf } from '../shape.ts';
import { broadcastTo, pick, positions } from './positions.ts';
import type { Value } from './positions.ts';

/** A node whose entries are entries of its operands. */
export type MovementNode = NodeOf<
  'broadcast' | 'reshape' | 'transpose' | 'slice' | 'pad' | 'concat' | 'gather' | 'scatterAdd'
>;

/** The value of a node that moves data. @throws RangeError when a gather's index is out of range. */
export function evaluateMovement(node: MovementNode, operands: readonly Value[]): Float64Array {
  const x = at(operands, 0);
  switch (node.op) {
    case 'broadcast':
      return broadcastTo(x, node.shape);
    case 'reshape':
      return x.values;
    case 'transpose': {
      const strides = stridesOf(x.shape);
      return pick(x.values, positions(node.shape, node.permutation.map((axis) => at(strides, axis))));
    }
    case 'slice': {
      const strides = stridesOf(x.shape);
      const steps = strides.map((stride, axis) => stride * at(node.strides, axis));
      return pick(x.values, positions(node.shape, steps, offsetOf(node.begin, strides)));
    }
    case 'pad': {
      const result = new Float64Array(sizeOf(node.shape)).fill(node.value);
      place(x, result, stridesOf(node.shape), node.before);
      return result;
    }
    case 'concat':
      return concat(node, operands);
    case 'gather':
      return gather(node, x, at(operands, 1));
    case 'scatterAdd':
      return scatterAdd(node, x, at(operands, 1));
  }
}

function offsetOf(index: readonly number[], strides: readonly number[]): number {
  return index.reduce((offset, i, axis) => offset + i * at(strides, axis), 0);
}

/** Writes `x` into `target`, an array with the given strides, its first entry at index `corner`. */
function place(x: Value, target: Float64Array, strides: readonly number[], corner: readonly number[]): void {
  positions(x.shape, strides, offsetOf(corner, strides)).forEach((position, i) => {
    target[position] = at(x.values, i);
  });
}

function concat(node: NodeOf<'concat'>, parts: readonly Value[]): Float64Array {
  const result = new Float64Array(sizeOf(node.shape));
  const strides = stridesOf(node.shape);
  let start = 0;
  for (const part of parts) {
    place(part, result, strides, node.shape.map((_, axis) => (axis === node.axis ? start : 0)));
    start += at(part.shape, node.axis);
  }
  return result;
}

function gather(node: NodeOf<'gather'>, x: Value, indices: Value): Float64Array {
  const size = at(x.shape, node.axis);
  const inner = sizeOf(x.shape.slice(node.axis + 1));
  const outer = sizeOf(x.shape.slice(0, node.axis));
  const result = new Float64Array(sizeOf(node.shape));
  let next = 0;
  for (let i = 0; i < outer; i++) {
    for (const index of indices.values) {
      if (!(index >= 0 && index < size)) throw new RangeError(`gather: index ${index} is not within an axis of ${size}`);
      for (let j = 0; j < inner; j++) result[next++] = at(x.values, (i * size + index) * inner + j);
    }
  }
  return result;
}

function scatterAdd(node: NodeOf<'scatterAdd'>, updates: Value, indices: Value): Float64Array {
  const inner = sizeOf(node.shape.slice(1));
  const result = new Float64Array(sizeOf(node.shape));
  indices.values.forEach((index, i) => {
    if (!(index >= 0 && index < at(node.shape, 0))) return;
    for (let j = 0; j < inner; j++) {
      const target = index * inner + j;
      result[target] = at(result, target) + at(updates.values, i * inner + j);
    }
  });
  return result;
}
