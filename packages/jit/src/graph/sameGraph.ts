/** @file Whether two graphs are the same, constants and all. */
import type { GraphParts } from './graph.ts';

/** Whether two graphs have the same inputs, nodes and results. What captured inputs were is not looked at. */
export function sameGraph(a: GraphParts, b: GraphParts): boolean {
  const parts = ({ inputs, nodes, outputs, gradients }: GraphParts): unknown => {
    return [inputs.map(({ shape, dtype }) => [shape, dtype]), nodes, outputs, gradients];
  };
  return sameData(parts(a), parts(b));
}

function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  // Graphs within loops; how often kernels ran is no part of what they do.
  if (a instanceof Map && b instanceof Map) return true;
  if (a instanceof Float64Array && b instanceof Float64Array) return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
  const [own, other] = [Object.entries(a), new Map(Object.entries(b))];
  return own.length === other.size && own.every(([key, value]) => sameData(value, other.get(key)));
}
