/** @file The pass that applies the rules of algebra. */
import type { Graph } from '../graph/graph.ts';
import { at } from '../graph/shape.ts';
import { copyNode, replay } from './replay.ts';
import { Rewriter } from './rewriter.ts';
import { countUsers } from './uses.ts';

/** The graph built anew by a {@link Rewriter}: the same values, within the laws that the rules state. */
export function simplify(graph: Graph): Graph {
  const users = countUsers(graph);
  const g = new Rewriter();
  return replay(graph, g, (node, id, rename) => {
    const copy = copyNode(g, node, rename);
    if (at(users, id) > 1) g.markShared(copy);
    return copy;
  });
}
