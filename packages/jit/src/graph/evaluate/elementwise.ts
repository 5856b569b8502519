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
  const [a, b, c, d] = operands.map((operand) => broadcastTo(operand, node.shape));
  const result = new Float64Array(sizeOf(node.shape));
  // Functions get as many arguments as there are: a registered one may care.
  if (a === undefined) throw new Error('an elementwise node needs an operand');
  if (b === undefined) {
    const unary = f as (a: number) => number;
    for (let i = 0; i < result.length; i++) result[i] = unary(at(a, i));
  } else if (c === undefined) {
    const binary = f as (a: number, b: number) => number;
    for (let i = 0; i < result.length; i++) result[i] = binary(at(a, i), at(b, i));
  } else if (d === undefined) {
    const ternary = f as (a: number, b: number, c: number) => number;
    for (let i = 0; i < result.length; i++) result[i] = ternary(at(a, i), at(b, i), at(c, i));
  } else {
    for (let i = 0; i < result.length; i++) result[i] = f(at(a, i), at(b, i), at(c, i), at(d, i));
  }
  return result;
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
