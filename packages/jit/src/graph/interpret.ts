/** @file Running a graph node by node in float64: slow and plain, the meaning that faster ways must agree with. */
import { evaluateNode } from './evaluate/evaluate.ts';
import type { Value } from './evaluate/positions.ts';
import type { GraphParts } from './graph.ts';
import type { NodeId } from './node.ts';
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
  const values: Value[] = [];
  graph.nodes.forEach((node, id) => {
    const result =
      node.op === 'input'
        ? at(args, node.index)
        : evaluateNode(node, operandsOf(node).map((operand) => at(values, operand)));
    values[id] = { shape: node.shape, values: result };
  });
  const valueOf = (id: NodeId): Float64Array => at(values, id).values.slice();
  return {
    outputs: graph.outputs.map(valueOf),
    gradients: graph.gradients.map((id) => (id === null ? null : valueOf(id))),
  };
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
