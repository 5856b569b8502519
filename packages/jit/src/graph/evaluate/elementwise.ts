/** @file Elementwise nodes, one number at a time. */
import { BINARY, COMPARE, specialFunction, UNARY } from '../functions.ts';
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
  for (let i = 0; i < result.length; i++) result[i] = f(...args.map((values) => at(values, i)));
  return result;
}

function scalarFunction(node: ElementwiseNode): (...args: number[]) => number {
  switch (node.op) {
    case 'unary': {
      const f = UNARY[node.fn];
      return (x = 0) => f(x);
    }
    case 'binary': {
      const f = BINARY[node.fn];
      return (a = 0, b = 0) => f(a, b);
    }
    case 'compare': {
      const f = COMPARE[node.fn];
      return (a = 0, b = 0) => (f(a, b) ? 1 : 0);
    }
    case 'select':
      return (condition = 0, a = 0, b = 0) => (condition !== 0 ? a : b);
    case 'special': {
      const f = specialFunction(node.fn);
      return (a = 0, b = 0, c = 0) => f(a, b, c);
    }
    case 'cast':
      if (node.dtype === 'bool') return (x = 0) => (x !== 0 ? 1 : 0);
      return node.dtype === 'int' ? (x = 0) => Math.trunc(x) : (x = 0) => x;
  }
}
