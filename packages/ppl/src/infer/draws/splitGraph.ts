/** @file A graph in two: what is the same in all draws, and what each draw computes from it. */
import { Graph, operandsOf } from '@tychejs/jit';
import type { GraphInput, Node, NodeId } from '@tychejs/jit';

/** Two graphs that do together what one did. */
export interface SplitGraph {
  /** Of the declared inputs, the values that {@link each} takes; null if there are none. */
  readonly once: Graph | null;
  /** Of the declared inputs, the values of {@link once}, and what is captured, the results. */
  readonly each: Graph;
}

/** What is only a way of reading another array, and costs nothing. */
const VIEWS: ReadonlySet<Node['op']> = new Set(['reshape', 'broadcast', 'transpose', 'slice']);

/**
 * Splits a graph without gradients. Predictions may spend most of their time on what does not depend on what is drawn, such
 * as features of the data.
 *
 * @param varies - whether a declared input may differ from draw to draw. Captured ones always do.
 */
export function splitGraph(graph: Graph, varies: (input: number) => boolean): SplitGraph {
  const { inputs, nodes, outputs } = graph;
  const declared = inputs.filter(({ captured }) => captured === undefined);
  const differs: boolean[] = [];
  for (const node of nodes) {
    const isVaried = node.op === 'input' && (node.index >= declared.length || varies(node.index));
    differs.push(isVaried || operandsOf(node).some((id) => differs[id] === true));
  }
  const shared = sharedBy(graph, differs);
  if (shared.length === 0) return { once: null, each: graph };
  const added = shared.map((id): GraphInput => {
    const { shape, dtype } = nodes[id] as Node;
    return { shape, dtype };
  });
  const ofEach = [...declared, ...added, ...inputs.slice(declared.length)];
  const places = new Map(shared.map((id, i) => [id, declared.length + i]));
  const place = (node: Node, id: NodeId): Node => {
    const index = places.get(id);
    if (index !== undefined) return { op: 'input', index, shape: node.shape, dtype: node.dtype };
    return node.op === 'input' && node.index >= declared.length ? { ...node, index: node.index + added.length } : node;
  };
  const none = (of: readonly GraphInput[]): null[] => of.map(() => null);
  return {
    once: new Graph({ inputs: declared, nodes, outputs: shared, gradients: none(declared) }),
    each: new Graph({ inputs: ofEach, nodes: nodes.map(place), outputs, gradients: none(ofEach) }),
  };
}

/** The nodes, the same in all draws, that draws and results begin with. */
function sharedBy({ nodes, outputs }: Graph, differs: readonly boolean[]): NodeId[] {
  const shared = new Set<NodeId>();
  const visit = (id: NodeId): void => {
    const node = nodes[id] as Node;
    if (differs[id] === true || node.op === 'input' || node.op === 'constant') return;
    if (VIEWS.has(node.op)) operandsOf(node).forEach(visit);
    else shared.add(id);
  };
  nodes.forEach((node, id) => {
    if (differs[id] === true) operandsOf(node).forEach(visit);
  });
  outputs.forEach(visit);
  return [...shared];
}
