/** @file The value of one node, given its operands': what each node means, in plain loops over float64. */
import type { Node } from '../node.ts';
import { at } from '../shape.ts';
import { evaluateAssemble } from './assemble.ts';
import { evaluateElementwise } from './elementwise.ts';
import { evaluateCholesky, evaluateDot, evaluateTriangularSolve } from './matrix.ts';
import { evaluateMovement } from './movement.ts';
import type { Value } from './positions.ts';
import { evaluateCumulative, evaluateReduce } from './reduce.ts';
import type { Rounding } from './rounding.ts';
import { exact } from './rounding.ts';
import {
  evaluateConv,
  evaluateConvGradFilter,
  evaluateConvGradInput,
  evaluateMaxPoolGrad,
  evaluateMeanPoolGrad,
  evaluatePool,
} from './window.ts';

/**
 * The value of `node`, row-major; whole numbers wrap as int32 does.
 *
 * @param operands - the values of its operands, in the order of `operandsOf`.
 * @param round - what becomes of floats; by default nothing.
 */
export function evaluateNode(node: Node, operands: readonly Value[], round: Rounding = exact): Float64Array {
  const values = evaluate(node, operands, round);
  if (values === operands[0]?.values) return values;
  if (node.dtype === 'int') return values.map((x) => x | 0);
  return round === exact || node.dtype === 'bool' ? values : values.map(round);
}

function evaluate(node: Node, operands: readonly Value[], round: Rounding): Float64Array {
  const arg = (i: number): Value => at(operands, i);
  switch (node.op) {
    case 'input':
    case 'loop':
    case 'item':
      throw new Error(`a node of kind ${node.op} has no value of its own`);
    case 'constant':
      return node.values;
    case 'unary':
    case 'binary':
    case 'compare':
    case 'select':
    case 'special':
    case 'cast':
      return evaluateElementwise(node, operands);
    case 'broadcast':
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'pad':
    case 'concat':
    case 'gather':
    case 'scatterAdd':
      return evaluateMovement(node, operands);
    case 'assemble':
      return evaluateAssemble(node, operands);
    case 'reduce':
      return evaluateReduce(node, arg(0), round);
    case 'cumulative':
      return evaluateCumulative(node, arg(0), round);
    case 'dot':
      return evaluateDot(node, arg(0), arg(1), round);
    case 'cholesky':
      return evaluateCholesky(node, arg(0));
    case 'triangularSolve':
      return evaluateTriangularSolve(node, arg(0), arg(1));
    case 'conv':
      return evaluateConv(node, arg(0), arg(1));
    case 'convGradInput':
      return evaluateConvGradInput(node, arg(0), arg(1));
    case 'convGradFilter':
      return evaluateConvGradFilter(node, arg(0), arg(1));
    case 'pool':
      return evaluatePool(node, arg(0));
    case 'maxPoolGrad':
      return evaluateMaxPoolGrad(node, arg(0), arg(1));
    case 'meanPoolGrad':
      return evaluateMeanPoolGrad(node, arg(0));
  }
}
