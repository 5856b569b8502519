/** @file The passes between tracing and code generation, in their order. */
import type { Graph } from '../graph/graph.ts';
import { assemble } from './assemble.ts';
import { simplify } from './simplify.ts';

/**
 * A graph of the same values as `graph`, that takes less work: within a few units in the last place of the greatest term of
 * every sum, short of overflow and underflow. What is finite stays finite.
 */
export function optimise(graph: Graph): Graph {
  return simplify(assemble(simplify(graph)));
}
