/** @file Elementwise nodes, one number at a time. */
import { BINARY, COMPARE, specialFunction, UNARY } from '../functions.ts';
import type { SpecialFunction } from '../functions.ts';
import type { NodeOf } from '../node.ts';
import { at, sizeOf } from '../shape.ts';
import { broadcastTo } from './positions.ts';
import type { Value } from './positions.ts';

/** A node whose result depends on its operands entry by entry. */
export type ElementwiseNode = NodeOf<'unary' | 'binary' | 'compare' | 'select' | 'special' | 'cast'>;

/** The value of an elementwise node. */
export function evaluateElementwise(node: ElementwiseNode, operands: readonly Value[]): Float64Array {
  const f = scalarFunction(node);
  const args = operands.map((operand) => broadcastTo(operand, node.shape));
  const result = new Float64Array(sizeOf(node.shape));
  for (let i = 0; i < result.length; i++) result[i] = apply(f, args, i);
  return result;
}

/** `f` of the entries at `i`: of as many as there are, as a registered function may care. */
function apply(f: SpecialFunction, [a, b, c]: readonly Float64Array[], i: number): number {
  if (a === undefined) throw new Error('an elementwise node needs an operand');
  if (b === undefined) return (f as (a: number) => number)(at(a, i));
  if (c === undefined) return (f as (a: number, b: number) => number)(at(a, i), at(b, i));
  return f(at(a, i), at(b, i), at(c, i));
}

function scalarFunction(node: ElementwiseNode): SpecialFunction {
  switch (node.op) {
    case 'unary':
      return UNARY[node.fn];
    case 'binary':
      return BINARY[node.fn];
    case 'compare': {
      const holds = COMPARE[node.fn];
      return (a, b) => (holds(a, b) ? 1 : 0);
    }
    case 'select':
      return (condition, a, b) => (condition !== 0 ? a : b);
    case 'special':
      return specialFunction(node.fn);
    case 'cast':
      if (node.dtype === 'bool') return (x) => (x !== 0 ? 1 : 0);
      return node.dtype === 'int' ? Math.trunc : (x) => x;
  }
}
