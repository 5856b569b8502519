/** @file How often each node is read, and by how many. */
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

/** For each node, how many others read it, counting the results as others. */
export function countUsers({ nodes, outputs, gradients }: GraphParts): Int32Array {
  const users = new Int32Array(nodes.length);
  const last = new Int32Array(nodes.length).fill(-1);
  const note = (id: number, user: number): void => {
    if (last[id] === user) return;
    last[id] = user;
    users[id] = (users[id] ?? 0) + 1;
  };
  nodes.forEach((node, user) => {
    for (const id of operandsOf(node)) note(id, user);
  });
  [...outputs, ...gradients].forEach((id, i) => {
    if (id !== null) note(id, nodes.length + i);
  });
  return users;
}
