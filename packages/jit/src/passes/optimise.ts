/** @file The passes between tracing and code generation, in their order. */
import { Graph } from '../graph/graph.ts';
import { pruneLoops } from '../graph/pruneLoops.ts';
import { assemble } from './assemble.ts';
import { hoistInvariants } from './hoistInvariants.ts';
import { scalarise } from './scalarise.ts';
import { simplify } from './simplify.ts';

/** How few nodes there must be for a second simplification to be worth the time that it takes, and for a third. */
const MORE_TIMES: readonly number[] = [20_000, 2_000];

/**
 * A graph of the same values as `graph`, that takes less work: within a few units in the last place of the greatest term of
 * every sum, as long as nothing over- or underflows on the way, and with numbers for some of what was NaN because
 * infinities cancelled. Each pass states its law. The bodies of loops are optimised, too.
 */
export function optimise(graph: Graph): Graph {
  let result = simplify(scalarise(assemble(hoistInvariants(withBodies(graph)))));
  // Each time leaves fewer readers of many a node, which lets rules into what was shared.
  for (const size of MORE_TIMES) if (result.nodes.length < size) result = simplify(result);
  return result.nodes.some(({ op }) => op === 'loop') ? pruneLoops(result) : result;
}

/** The graph with its loops' bodies optimised. */
function withBodies(graph: Graph): Graph {
  if (!graph.nodes.some(({ op }) => op === 'loop')) return graph;
  const { inputs, nodes, outputs, gradients, kernels } = graph;
  const optimised = nodes.map((node) => (node.op === 'loop' ? { ...node, body: optimise(node.body) } : node));
  return new Graph({ inputs, nodes: optimised, outputs, gradients, kernels });
}
