/**
 * @file Out of loops: what every step would compute anew from the same values.
 *
 * Law: exact. What a loop of no steps would not have computed is computed, and nobody reads it.
 */
import { GraphBuilder } from '../graph/builder.ts';
import { Graph } from '../graph/graph.ts';
import type { LoopNode, Node, NodeId } from '../graph/node.ts';
import { operandsOf } from '../graph/operands.ts';
import { at } from '../graph/shape.ts';
import { copyNode, replay } from './replay.ts';

/** Nodes that cost nothing, or less than reading their result from memory would. */
const FREE: readonly Node['op'][] = ['input', 'constant', 'reshape', 'broadcast', 'slice'];

/** The graph with the invariant work of its loops done before them. */
export function hoistInvariants(graph: Graph): Graph {
  if (!graph.nodes.some(({ op }) => op === 'loop')) return graph;
  const g = new GraphBuilder();
  return replay(graph, g, (node, _, rename) => copyNode(g, node, rename), (loop, rename) => hoist(g, loop, rename));
}

function hoist(g: GraphBuilder, loop: LoopNode, rename: (id: NodeId) => NodeId): NodeId[] {
  const { body } = loop;
  const [carries, scanned, invariants] = [loop.carries.map(rename), loop.scanned.map(rename), loop.invariants.map(rename)];
  const isInvariant = findInvariant(body, carries.length + scanned.length);
  const hoisted = frontier(body, isInvariant);
  const outside = copyOutside(g, body, isInvariant, (index) => at(invariants, index - carries.length - scanned.length));
  return g.loop({
    ...loop,
    body: withInputsFor(body, hoisted),
    carries,
    scanned,
    invariants: [...invariants, ...hoisted.map(outside)],
  });
}

/** Marks what depends on constants and on the inputs from `first` on alone. */
function findInvariant({ nodes }: Graph, first: number): Uint8Array {
  const isInvariant = new Uint8Array(nodes.length);
  nodes.forEach((node, id) => {
    if (node.op === 'loop' || node.op === 'item') return;
    const isSo = node.op === 'input' ? node.index >= first : operandsOf(node).every((x) => isInvariant[x] === 1);
    if (isSo) isInvariant[id] = 1;
  });
  return isInvariant;
}

/** The invariant nodes worth computing once that others than such nodes read. */
function frontier(body: Graph, isInvariant: Uint8Array): NodeId[] {
  const isRead = new Uint8Array(body.nodes.length);
  const read = (id: NodeId): void => {
    // Through what is free: that is done inside.
    if (isInvariant[id] !== 1) return;
    isRead[id] = 1;
    if (FREE.includes(at(body.nodes, id).op)) operandsOf(at(body.nodes, id)).forEach(read);
  };
  body.nodes.forEach((node, id) => {
    if (isInvariant[id] !== 1) operandsOf(node).forEach(read);
  });
  body.outputs.forEach(read);
  return body.nodes.flatMap(({ op }, id) => (isRead[id] === 1 && !FREE.includes(op) ? [id] : []));
}

/** Makes counterparts of invariant nodes outside of the loop, as far as they are asked for. */
function copyOutside(g: GraphBuilder, body: Graph, isInvariant: Uint8Array, inputAt: (index: number) => NodeId): (id: NodeId) => NodeId {
  const names = body.nodes.map(() => -1);
  body.nodes.forEach((node, id) => {
    if (isInvariant[id] !== 1) return;
    names[id] = node.op === 'input' ? inputAt(node.index) : copyNode(g, node, (x) => at(names, x));
  });
  return (id) => at(names, id);
}

/** The body with inputs in place of these nodes. */
function withInputsFor(body: Graph, hoisted: readonly NodeId[]): Graph {
  const h = new GraphBuilder();
  const places = new Map(hoisted.map((id, i) => [id, body.inputs.length + i]));
  const { nodes, outputs, kernels } = body;
  const inputs = [...body.inputs, ...hoisted.map((id) => ({ shape: at(nodes, id).shape, dtype: at(nodes, id).dtype }))];
  const gradients = inputs.map(() => null);
  return replay(new Graph({ inputs, nodes, outputs, gradients, kernels }), h, (node, id, rename) => {
    const place = places.get(id);
    return place === undefined ? copyNode(h, node, rename) : h.input(place, node.shape, node.dtype);
  });
}
