/** @file Running a graph node by node: slow and plain, the meaning that faster ways must agree with. */
import { evaluateNode } from './evaluate/evaluate.ts';
import type { RunBody } from './evaluate/loop.ts';
import { evaluateLoop } from './evaluate/loop.ts';
import type { Value } from './evaluate/positions.ts';
import type { Rounding } from './evaluate/rounding.ts';
import { exact } from './evaluate/rounding.ts';
import type { GraphParts } from './graph.ts';
import type { Node, NodeId } from './node.ts';
import { operandsOf } from './operands.ts';
import { at, formatShape, sizeOf } from './shape.ts';

/** What running a graph gives: row-major values. */
export interface GraphResults {
  readonly outputs: readonly Float64Array[];
  /** One an input, null where the graph holds no gradient. */
  readonly gradients: readonly (Float64Array | null)[];
}

/** Options of {@link interpret}. */
export interface InterpretOptions {
  /** `'float32'`: every node is rounded, and every partial sum, as where floats are stored so. Default `'float64'`. */
  readonly precision?: 'float64' | 'float32';
}

/**
 * Runs a graph, one node after another.
 *
 * @param inputs - one flat row-major array an input, of any numeric type; captured inputs, which are the last, may be left
 * out, and are then what they were.
 * @throws Error when their number or lengths do not fit.
 * @throws RangeError when an index that depends on the inputs is out of range.
 */
export function interpret(graph: GraphParts, inputs: readonly ArrayLike<number>[], options: InterpretOptions = {}): GraphResults {
  const round = options.precision === 'float32' ? Math.fround : exact;
  const args = checkInputs(graph, inputs);
  const runBody: RunBody = (body, own) => interpret(body, own, options).outputs;
  // One value a node, but of a loop as many as it has results.
  const values: Value[][] = [];
  const valueOf = (id: NodeId, index: number = 0): Value => at(at(values, id), index);
  for (const node of graph.nodes) values.push(evaluate(node, args, valueOf, round, runBody));
  const result = (id: NodeId): Float64Array => valueOf(id).values.slice();
  return {
    outputs: graph.outputs.map(result),
    gradients: graph.gradients.map((id) => (id === null ? null : result(id))),
  };
}

function evaluate(
  node: Node,
  args: readonly Float64Array[],
  valueOf: (id: NodeId, index?: number) => Value,
  round: Rounding,
  runBody: RunBody,
): Value[] {
  if (node.op === 'input') {
    const values = at(args, node.index);
    return [{ shape: node.shape, values: round === exact || node.dtype !== 'float' ? values : values.map(round) }];
  }
  if (node.op === 'item') return [valueOf(node.x, node.index)];
  const operands = operandsOf(node).map((id) => valueOf(id));
  if (node.op === 'loop') return evaluateLoop(node, operands, runBody);
  return [{ shape: node.shape, values: evaluateNode(node, operands, round) }];
}

function checkInputs(graph: GraphParts, inputs: readonly ArrayLike<number>[]): Float64Array[] {
  const numDeclared = graph.inputs.filter(({ captured }) => captured === undefined).length;
  if (inputs.length < numDeclared || inputs.length > graph.inputs.length) {
    throw new Error(`interpret: the graph takes ${numDeclared} inputs, got ${inputs.length}`);
  }
  return graph.inputs.map(({ shape, captured }, i) => {
    const input = inputs[i] ?? captured?.values ?? [];
    if (input.length !== sizeOf(shape)) {
      throw new Error(`interpret: input ${i} has shape ${formatShape(shape)}, got ${input.length} values`);
    }
    return Float64Array.from(input);
  });
}
