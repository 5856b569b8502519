/** @file Taking out of loops what nobody reads: results, the carries that only they need, and operands of neither. */
import type { GraphParts } from './graph.ts';
import { Graph } from './graph.ts';
import type { LoopNode, Node, NodeId } from './node.ts';
import { operandsOf } from './operands.ts';
import { at } from './shape.ts';

/** The same function, its loops (those within loops too) without what leads to no result. */
export function pruneLoops(graph: GraphParts): Graph {
  const nodes: Node[] = [...graph.nodes];
  const needed = new Set<NodeId>([...graph.outputs, ...graph.gradients.filter((id) => id !== null)]);
  const items = new Map<NodeId, ItemAt[]>();
  // Users come after what they use, so that all items of a loop have been seen before it.
  for (let id = nodes.length - 1; id >= 0; id--) {
    if (!needed.has(id)) continue;
    const node = at(nodes, id);
    if (node.op === 'item') items.set(node.x, [...(items.get(node.x) ?? []), { id, index: node.index }]);
    if (node.op === 'loop') {
      const { loop, results } = pruneLoop(node, (items.get(id) ?? []).map(({ index }) => index));
      nodes[id] = loop;
      for (const { id: item, index } of items.get(id) ?? []) {
        nodes[item] = { ...at(nodes, item), op: 'item', x: id, index: results.indexOf(index) };
      }
    }
    for (const operand of operandsOf(at(nodes, id))) needed.add(operand);
  }
  return new Graph({ ...graph, nodes });
}

/** Which result an item is. */
interface ItemAt {
  readonly id: NodeId;
  readonly index: number;
}

/** A loop with the results that were kept, by what their places were. */
interface Pruned {
  readonly loop: LoopNode;
  readonly results: readonly number[];
}

function pruneLoop(loop: LoopNode, wanted: readonly number[]): Pruned {
  const { numCarries, carries, scanned, invariants } = loop;
  const keep = new Set(wanted);
  for (;;) {
    const results = [...keep].sort((a, b) => a - b);
    const { inputs, nodes, outputs, gradients } = loop.body;
    const body = pruneLoops({ inputs, nodes, outputs: results.map((index) => at(outputs, index)), gradients });
    const read = new Set(body.nodes.flatMap((node) => (node.op === 'input' ? [node.index] : [])));
    // A carry that a kept result reads is kept, and then so is whatever its next value reads.
    const more = carries.flatMap((_, i) => (read.has(i) && !keep.has(i) ? [i] : []));
    if (more.length > 0) {
      for (const i of more) keep.add(i);
      continue;
    }
    const operands = [...carries, ...scanned, ...invariants];
    const places = operands.flatMap((_, i) => ((i < numCarries ? keep : read).has(i) ? [i] : []));
    const kept = (from: number, to: number): NodeId[] =>
      places.flatMap((place) => (place >= from && place < to ? [at(operands, place)] : []));
    const { shape, dtype } = resultType(loop, at(results, 0));
    return {
      loop: {
        ...loop,
        shape,
        dtype,
        body: withInputs(body, places),
        numCarries: kept(0, numCarries).length,
        carries: kept(0, numCarries),
        scanned: kept(numCarries, numCarries + scanned.length),
        invariants: kept(numCarries + scanned.length, operands.length),
      },
      results,
    };
  }
}

function resultType({ body, length, numCarries }: LoopNode, index: number): Pick<Node, 'shape' | 'dtype'> {
  const { shape, dtype } = at(body.nodes, at(body.outputs, index));
  return { shape: index < numCarries ? shape : [length, ...shape], dtype };
}

/** The body with those of its inputs alone. */
function withInputs(body: Graph, places: readonly number[]): Graph {
  return new Graph({
    inputs: places.map((place) => at(body.inputs, place)),
    nodes: body.nodes.map((node) => (node.op === 'input' ? { ...node, index: places.indexOf(node.index) } : node)),
    outputs: body.outputs,
    gradients: places.map(() => null),
  });
}
