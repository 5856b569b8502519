/** @file How often each node is read. */
import type { GraphParts } from '../graph/graph.ts';
import { operandsOf } from '../graph/operands.ts';

/** For each node, how many operands, outputs and gradients are it. */
export function countUses({ nodes, outputs, gradients }: GraphParts): Int32Array {
  const uses = new Int32Array(nodes.length);
  const note = (id: number): void => {
    uses[id] = (uses[id] ?? 0) + 1;
  };
  for (const node of nodes) for (const id of operandsOf(node)) note(id);
  for (const id of outputs) note(id);
  for (const id of gradients) if (id !== null) note(id);
  return uses;
}
