/** @file Running a graph node by node in float64: slow and plain, the meaning that faster ways must agree with. */
import { evaluateNode } from './evaluate/evaluate.ts';
import { evaluateLoop } from './evaluate/loop.ts';
import type { Value } from './evaluate/positions.ts';
import type { GraphParts } from './graph.ts';
import type { Node, NodeId } from './node.ts';
import { operandsOf } from './operands.ts';
import { at, formatShape, sizeOf } from './shape.ts';

/** What running a graph gives: row-major values, in float64. */
export interface GraphResults {
  readonly outputs: readonly Float64Array[];
  /** One an input, null where the graph holds no gradient. */
  readonly gradients: readonly (Float64Array | null)[];
}

/**
 * Runs a graph in float64, one node after another.
 *
 * @param inputs - one flat row-major array an input, of any numeric type.
 * @throws Error when their number or lengths do not fit.
 * @throws RangeError when an index that depends on the inputs is out of range.
 */
export function interpret(graph: GraphParts, inputs: readonly ArrayLike<number>[]): GraphResults {
  const args = checkInputs(graph, inputs);
  // One value a node, but of a loop as many as it has results.
  const values: Value[][] = [];
  for (const node of graph.nodes) {
    values.push(evaluate(node, args, (id, index = 0) => at(at(values, id), index)));
  }
  const valueOf = (id: NodeId): Float64Array => at(at(values, id), 0).values.slice();
  return {
    outputs: graph.outputs.map(valueOf),
    gradients: graph.gradients.map((id) => (id === null ? null : valueOf(id))),
  };
}

function evaluate(node: Node, args: readonly Float64Array[], valueOf: (id: NodeId, index?: number) => Value): Value[] {
  if (node.op === 'input') return [{ shape: node.shape, values: at(args, node.index) }];
  if (node.op === 'item') return [valueOf(node.x, node.index)];
  const operands = operandsOf(node).map((id) => valueOf(id));
  if (node.op === 'loop') return evaluateLoop(node, operands, (body, inputs) => interpret(body, inputs).outputs);
  return [{ shape: node.shape, values: evaluateNode(node, operands) }];
}

function checkInputs(graph: GraphParts, inputs: readonly ArrayLike<number>[]): Float64Array[] {
  if (inputs.length !== graph.inputs.length) {
    throw new Error(`interpret: the graph takes ${graph.inputs.length} inputs, got ${inputs.length}`);
  }
  return graph.inputs.map(({ shape }, i) => {
    const input = at(inputs, i);
    if (input.length !== sizeOf(shape)) {
      throw new Error(`interpret: input ${i} has shape ${formatShape(shape)}, got ${input.length} values`);
    }
    return Float64Array.from(input);
  });
}
