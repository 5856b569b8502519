/**
 * @file softplus and sigmoid of the same number, as the log density of a Bernoulli variable and its gradient have them,
 * from one exponential e^-|x|.
 *
 * Law: within two units in the last place.
 */
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import type { Node, NodeId } from '../graph/node.ts';
import { at } from '../graph/shape.ts';
import { copyNode, replay } from './replay.ts';

/** A function of ±x that e^-|x| helps with. */
interface Use {
  readonly fn: 'softplus' | 'sigmoid';
  /** The x, its sign apart. */
  readonly base: NodeId;
}

/** The graph with such pairs taken apart; alone, either function is better off as it is. */
export function shareExponentials(graph: Graph): Graph {
  const counts = new Map<NodeId, number>();
  for (const node of graph.nodes) {
    const use = useOf(graph, node);
    if (use !== null) counts.set(use.base, (counts.get(use.base) ?? 0) + 1);
  }
  if (![...counts.values()].some((count) => count > 1)) return graph;
  const g = new GraphBuilder();
  return replay(graph, g, (node, _, rename) => {
    const use = useOf(graph, node);
    if (use === null || node.op !== 'unary' || (counts.get(use.base) ?? 0) < 2) return copyNode(g, node, rename);
    return use.fn === 'softplus' ? softplus(g, rename(node.x), rename(use.base)) : sigmoid(g, rename(node.x), rename(use.base));
  });
}

function useOf({ nodes }: Graph, node: Node): Use | null {
  if (node.op !== 'unary' || (node.fn !== 'softplus' && node.fn !== 'sigmoid')) return null;
  const x = at(nodes, node.x);
  return { fn: node.fn, base: x.op === 'unary' && x.fn === 'neg' ? x.x : node.x };
}

/** e^-|x|, the same node for x and -x. */
function decay(g: GraphBuilder, base: NodeId): NodeId {
  return g.unary('exp', g.unary('neg', g.unary('abs', base)));
}

/** log(1 + e^x) is max(x, 0) + log(1 + e^-|x|). */
function softplus(g: GraphBuilder, x: NodeId, base: NodeId): NodeId {
  return g.binary('add', g.binary('max', x, g.scalar(0)), g.unary('log1p', decay(g, base)));
}

/** 1 / (1 + e^-x) is 1 / (1 + e^-|x|) for a positive x, else e^-|x| / (1 + e^-|x|). */
function sigmoid(g: GraphBuilder, x: NodeId, base: NodeId): NodeId {
  const t = decay(g, base);
  const numerator = g.select(g.compare('lt', x, g.scalar(0)), t, g.scalar(1));
  return g.binary('div', numerator, g.binary('add', t, g.scalar(1)));
}
