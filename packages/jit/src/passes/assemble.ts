/**
 * @file Sums of pads as arrays assembled from parts. tfjs's gradient of a slice is a pad of the whole array's size, and
 * those of n slices are added up one by one, in n² steps; assembled they take n.
 *
 * Law: terms are added in another order, and no longer to zeros.
 */
import { positions } from '../graph/evaluate/positions.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import type { Node, NodeId, NodeOf, Part, Shape } from '../graph/node.ts';
import { at, formatShape, sameShape, sizeOf, stridesOf } from '../graph/shape.ts';
import { AddTrees } from './addTrees.ts';
import type { Term } from './addTrees.ts';
import { copyNode, replay } from './replay.ts';

/** The graph with every sum of pads in one go. */
export function assemble(graph: Graph): Graph {
  if (!graph.nodes.some(isZeroPad)) return graph;
  const trees = new AddTrees(graph, isZeroPad);
  const assembler = new Assembler(graph.nodes);
  return replay(graph, assembler.g, (node, id, rename) => {
    // A tree is made as a whole when its root is reached.
    if (trees.isInner(id)) return -1;
    return trees.isRoot(id) ? assembler.ofTerms(trees.terms(id), node.shape, rename) : copyNode(assembler.g, node, rename);
  });
}

function isZeroPad(node: Node): node is NodeOf<'pad'> {
  return node.op === 'pad' && node.value === 0 && node.dtype === 'float';
}

class Assembler {
  readonly g = new GraphBuilder();
  readonly #nodes: readonly Node[];

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
  }

  /** The sum of pads and of other terms, which come first, as one part that covers everything. */
  ofTerms(terms: readonly Term[], shape: Shape, rename: (id: NodeId) => NodeId): NodeId {
    const isPad = ({ id }: Term): boolean => isZeroPad(at(this.#nodes, id)) && sameShape(at(this.#nodes, id).shape, shape);
    const others = terms.filter((term) => !isPad(term));
    const boxes = this.#boxes(terms.filter(isPad), rename);
    if (others.length === 0) {
      const isDisjoint = !overlap(boxes.map(({ x, begin }) => ({ shape: this.g.shape(x), begin })), shape);
      return this.g.assemble(isDisjoint ? boxes.toSorted(inOrder) : boxes, shape, 0, !isDisjoint, 'float');
    }
    const dense = this.g.broadcast(this.#sum(others, rename), shape);
    return this.g.assemble([{ x: dense, begin: shape.map(() => 0) }, ...boxes], shape, 0, true, 'float');
  }

  /** One part for all pads that put something at the same place. */
  #boxes(pads: readonly Term[], rename: (id: NodeId) => NodeId): Part[] {
    const groups = new Map<string, { readonly begin: readonly number[]; readonly terms: Term[] }>();
    for (const { id, isNegative } of pads) {
      const pad = at(this.#nodes, id);
      if (pad.op !== 'pad') continue;
      const key = `${formatShape(pad.before)}${formatShape(at(this.#nodes, pad.x).shape)}`;
      const group = groups.get(key) ?? { begin: pad.before, terms: [] };
      group.terms.push({ id: pad.x, isNegative });
      groups.set(key, group);
    }
    return Array.from(groups.values(), ({ begin, terms }) => ({ x: this.#sum(terms, rename), begin }));
  }

  /** The sum of terms, those that are not negated first. */
  #sum(terms: readonly Term[], rename: (id: NodeId) => NodeId): NodeId {
    const { g } = this;
    const add = (list: readonly Term[]): NodeId | null =>
      list.reduce<NodeId | null>((sum, { id }) => (sum === null ? rename(id) : g.binary('add', sum, rename(id))), null);
    const plus = add(terms.filter(({ isNegative }) => !isNegative));
    const minus = add(terms.filter(({ isNegative }) => isNegative));
    if (minus === null) return plus ?? g.scalar(0);
    return plus === null ? g.unary('neg', minus) : g.binary('sub', plus, minus);
  }
}

interface Box {
  readonly begin: readonly number[];
  readonly shape: Shape;
}

/** As the parts lie in memory. */
function inOrder(a: Part, b: Part): number {
  const axis = a.begin.findIndex((from, i) => from !== b.begin[i]);
  return axis < 0 ? 0 : at(a.begin, axis) - at(b.begin, axis);
}

/** Whether any two boxes within an array of `shape` have an entry in common. */
function overlap(boxes: readonly Box[], shape: Shape): boolean {
  const total = boxes.reduce((sum, box) => sum + sizeOf(box.shape), 0);
  if (total > sizeOf(shape)) return true;
  const taken = new Uint8Array(sizeOf(shape));
  const strides = stridesOf(shape);
  return boxes.some((box) => {
    const corner = box.begin.reduce((offset, from, axis) => offset + from * at(strides, axis), 0);
    return positions(box.shape, strides, corner).some((position) => {
      const wasTaken = taken[position] === 1;
      taken[position] = 1;
      return wasTaken;
    });
  });
}

