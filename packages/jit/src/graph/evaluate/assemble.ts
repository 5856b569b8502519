/** @file Arrays put together from parts. */
import type { AssembleNode } from '../node.ts';
import { at, sizeOf, stridesOf } from '../shape.ts';
import { positions } from './positions.ts';
import type { Value } from './positions.ts';

/** The value of an array of parts, given theirs. */
export function evaluateAssemble(node: AssembleNode, parts: readonly Value[]): Float64Array {
  const result = new Float64Array(sizeOf(node.shape)).fill(node.fill);
  const strides = stridesOf(node.shape);
  node.parts.forEach(({ begin }, i) => {
    const { shape, values } = at(parts, i);
    const corner = begin.reduce((offset, from, axis) => offset + from * at(strides, axis), 0);
    positions(shape, strides, corner).forEach((position, entry) => {
      result[position] = at(values, entry) + (node.accumulate ? at(result, position) : 0);
    });
  });
  return result;
}
