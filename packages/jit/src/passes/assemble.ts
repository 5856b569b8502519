/**
 * @file Pads, concatenations and sums of pads as arrays assembled from parts. tfjs's gradient of a slice is a pad of the
 * whole array's size, and those of n slices are added up one by one, in n² steps; assembled they take n.
 *
 * Law: terms are added in another order, and no longer to zeros.
 */
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import type { Node, NodeId, NodeOf, Part, Shape } from '../graph/node.ts';
import { at, formatShape, sizeOf, stridesOf } from '../graph/shape.ts';
import { positions } from '../graph/evaluate/positions.ts';
import { AddTrees } from './addTrees.ts';
import type { Term } from './addTrees.ts';
import { copyNode, replay } from './replay.ts';
import { countUses } from './uses.ts';

/** The graph without pads and concatenations. */
export function assemble(graph: Graph): Graph {
  if (!graph.nodes.some(({ op }) => op === 'pad' || op === 'concat')) return graph;
  const assembler = new Assembler(graph);
  return replay(graph, assembler.g, (node, id, rename) => assembler.remake(node, id, rename));
}

function isZeroPad(node: Node): node is NodeOf<'pad'> {
  return node.op === 'pad' && node.value === 0 && node.dtype === 'float';
}

class Assembler {
  readonly g = new GraphBuilder();
  readonly #nodes: readonly Node[];
  readonly #uses: Int32Array;
  readonly #trees: AddTrees;

  constructor(graph: Graph) {
    this.#nodes = graph.nodes;
    this.#uses = countUses(graph);
    this.#trees = new AddTrees(graph, isZeroPad);
  }

  remake(node: Node, id: NodeId, rename: (id: NodeId) => NodeId): NodeId {
    // A tree is made as a whole when its root is reached.
    if (this.#trees.isInner(id)) return -1;
    if (this.#trees.isRoot(id)) return this.#ofTerms(this.#trees.terms(id), node.shape, rename);
    if (node.op === 'pad') return this.#make(node, this.#partsOf(node.x, node.before, node.value, rename), node.value, false);
    return node.op === 'concat' ? this.#ofConcat(node, rename) : copyNode(this.g, node, rename);
  }

  #make({ shape, dtype }: Node, parts: readonly Part[], fill: number, accumulate: boolean): NodeId {
    return this.g.assemble(parts, shape, fill, accumulate, dtype);
  }

  #ofConcat(node: NodeOf<'concat'>, rename: (id: NodeId) => NodeId): NodeId {
    let start = 0;
    const parts = node.parts.flatMap((id) => {
      const begin = node.shape.map((_, axis) => (axis === node.axis ? start : 0));
      start += at(at(this.#nodes, id).shape, node.axis);
      return this.#partsOf(id, begin, 0, rename);
    });
    return this.#make(node, parts, 0, false);
  }

  /** A part; or, if it is itself assembled, in the same `fill`, and nobody else reads it, its parts. */
  #partsOf(id: NodeId, begin: readonly number[], fill: number, rename: (id: NodeId) => NodeId): Part[] {
    const x = rename(id);
    const node = this.g.node(x);
    if (node.op !== 'assemble' || node.accumulate || node.fill !== fill || this.#uses[id] !== 1) return [{ x, begin }];
    return node.parts.map((part) => ({ x: part.x, begin: part.begin.map((from, axis) => from + at(begin, axis)) }));
  }

  /** The sum of pads and of other terms, which come first, as one part that covers everything. */
  #ofTerms(terms: readonly Term[], shape: Shape, rename: (id: NodeId) => NodeId): NodeId {
    const isPad = ({ id }: Term): boolean => isZeroPad(at(this.#nodes, id));
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
    return [...groups.values()].flatMap(({ begin, terms }) => {
      const [first] = terms;
      if (terms.length === 1 && first?.isNegative === false) return this.#partsOf(first.id, begin, 0, rename);
      return [{ x: this.#sum(terms, rename), begin }];
    });
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

