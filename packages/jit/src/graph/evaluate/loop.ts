/** @file Loops, step by step. */
import type { Graph } from '../graph.ts';
import type { LoopNode } from '../node.ts';
import { at, sizeOf } from '../shape.ts';
import type { Value } from './positions.ts';

/** How the body is run: the values of its outputs, given those of its inputs. */
export type RunBody = (body: Graph, inputs: readonly Float64Array[]) => readonly Float64Array[];

/**
 * The results of a loop: the last carries, then the results of its steps, stacked.
 *
 * @param operands - the values of its operands, in the order of `operandsOf`.
 */
export function evaluateLoop(node: LoopNode, operands: readonly Value[], runBody: RunBody): Value[] {
  const { body, length, reverse, numCarries } = node;
  const values = operands.map((operand) => operand.values);
  const scanned = values.slice(numCarries, numCarries + node.scanned.length);
  const invariants = values.slice(numCarries + node.scanned.length);
  const types = body.outputs.map((id) => at(body.nodes, id));
  const stacked = types.slice(numCarries).map(({ shape }) => new Float64Array(length * sizeOf(shape)));
  let carries = values.slice(0, numCarries);
  for (let step = 0; step < length; step++) {
    const t = reverse ? length - 1 - step : step;
    const slices = scanned.map((array) => array.subarray((t * array.length) / length, ((t + 1) * array.length) / length));
    const results = runBody(body, [...carries, ...slices, ...invariants]);
    carries = results.slice(0, numCarries);
    results.slice(numCarries).forEach((result, i) => at(stacked, i).set(result, t * result.length));
  }
  return types.map(({ shape }, i) =>
    i < numCarries
      ? { shape, values: at(carries, i) }
      : { shape: [length, ...shape], values: at(stacked, i - numCarries) },
  );
}
