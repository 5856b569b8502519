/**
 * @file Tiny arrays that are put together from scalars only to be taken apart again, as the states of differential
 * equations and recursions are: what is computed with them in between is computed entry by entry, without the detour.
 *
 * Law: exact, but for the order of short sums.
 */
import { broadcastStrides, positions } from '../graph/evaluate/positions.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import type { Node, NodeId, NodeOf, Part, Shape } from '../graph/node.ts';
import { operandsOf } from '../graph/operands.ts';
import { at, sizeOf, stridesOf } from '../graph/shape.ts';
import { copyNode, replay } from './replay.ts';
import { partsOfConcat } from './rules/assembled.ts';

/** The size up to which an array is tiny. */
const TINY = 8;

/** Functions so cheap that doing two at a time, as arrays allow, gains less than the detour costs. */
const CHEAP: readonly string[] = ['neg', 'abs', 'add', 'sub', 'mul', 'div', 'min', 'max'];

/** Nodes whose entries are entries, or sums of entries, of what they are of. */
const MOVED: readonly Node['op'][] = ['slice', 'reshape', 'transpose', 'broadcast', 'reduce'];

const PUT_TOGETHER: readonly Node['op'][] = ['concat', 'assemble', 'pad'];

/** The graph with such arrays dissolved. */
export function scalarise(graph: Graph): Graph {
  const isDissolved = findDissolved(graph.nodes);
  if (!isDissolved.includes(1)) return graph;
  const dissolver = new Dissolver(graph.nodes, isDissolved);
  return replay(graph, dissolver.g, (node, id, rename) => dissolver.remake(node, id, rename));
}

/** Marks the nodes on the ways from arrays of scalars to scalars cut out of arrays. */
function findDissolved(nodes: readonly Node[]): Uint8Array {
  const isFrom = new Uint8Array(nodes.length);
  const isTo = new Uint8Array(nodes.length);
  const size = (id: NodeId): number => sizeOf(at(nodes, id).shape);
  nodes.forEach((node, id) => {
    if (sizeOf(node.shape) > TINY || !canDissolve(nodes, node)) return;
    const operands = operandsOf(node);
    const isSeed = PUT_TOGETHER.includes(node.op) && operands.every((x) => size(x) === 1);
    if (isSeed || operands.some((x) => isFrom[x] === 1)) isFrom[id] = 1;
  });
  for (let id = nodes.length - 1; id >= 0; id--) {
    const node = at(nodes, id);
    if (isFrom[id] !== 1) continue;
    const isCut = size(id) === 1 && (node.op === 'slice' || node.op === 'reduce');
    if (isCut) isTo[id] = 1;
    if (isTo[id] === 1) for (const x of operandsOf(node)) isTo[x] = 1;
  }
  return isFrom.map((from, id) => from & at(isTo, id));
}

function canDissolve(nodes: readonly Node[], node: Node): boolean {
  if (node.shape.includes(0)) return false;
  if (node.op === 'unary' || node.op === 'binary') return CHEAP.includes(node.fn);
  if (node.op === 'assemble') return !node.accumulate;
  if (node.op === 'concat' || node.op === 'pad') return true;
  if (node.op === 'reduce' && node.fn !== 'sum') return false;
  return MOVED.includes(node.op) && operandsOf(node).every((x) => sizeOf(at(nodes, x).shape) <= TINY);
}

class Dissolver {
  readonly g = new GraphBuilder();
  readonly #nodes: readonly Node[];
  readonly #isDissolved: Uint8Array;
  /** The entries of tiny arrays, row-major, as scalars of the new graph. */
  readonly #entries = new Map<NodeId, readonly NodeId[]>();

  constructor(nodes: readonly Node[], isDissolved: Uint8Array) {
    this.#nodes = nodes;
    this.#isDissolved = isDissolved;
  }

  /** The array is put together in any case; if nobody wants it as such, it is dropped with the rest that leads nowhere. */
  remake(node: Node, id: NodeId, rename: (id: NodeId) => NodeId): NodeId {
    if (this.#isDissolved[id] !== 1) return copyNode(this.g, node, rename);
    const entries = this.#dissolve(node, rename);
    this.#entries.set(id, entries);
    const { shape, dtype } = node;
    if (entries.length === 1) return this.g.reshape(at(entries, 0), shape);
    const places = indices(shape);
    const parts = entries.map((entry, i) => ({ x: this.g.reshape(entry, shape.map(() => 1)), begin: at(places, i) }));
    return this.g.assemble(parts, shape, 0, false, dtype);
  }

  #shape(id: NodeId): Shape {
    return at(this.#nodes, id).shape;
  }

  #entriesOf(id: NodeId, rename: (id: NodeId) => NodeId): readonly NodeId[] {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const { g } = this;
    const one = this.#shape(id).map(() => 1);
    const entries = indices(this.#shape(id)).map((begin) => g.reshape(g.slice(rename(id), begin, one), []));
    this.#entries.set(id, entries);
    return entries;
  }

  /** The entries of a node in terms of those of its operands. */
  #dissolve(node: Node, rename: (id: NodeId) => NodeId): NodeId[] {
    const { g } = this;
    const pick = (id: NodeId, where: Int32Array): NodeId[] => {
      const entries = this.#entriesOf(id, rename);
      return Array.from(where, (position) => at(entries, position));
    };
    const spread = (id: NodeId): NodeId[] => pick(id, positions(node.shape, broadcastStrides(this.#shape(id), node.shape)));
    if (node.op === 'unary') return spread(node.x).map((x) => g.unary(node.fn, x));
    if (node.op === 'binary') {
      const right = spread(node.b);
      return spread(node.a).map((a, i) => g.binary(node.fn, a, at(right, i)));
    }
    if (node.op === 'broadcast') return spread(node.x);
    if (node.op === 'reshape') return [...this.#entriesOf(node.x, rename)];
    if (node.op === 'pad') return this.#place(node, [{ x: node.x, begin: node.before }], node.value, rename);
    if (node.op === 'assemble') return this.#place(node, node.parts, node.fill, rename);
    if (node.op === 'concat') {
      return this.#place(node, partsOfConcat((id) => this.#shape(id), node.parts, node.axis), 0, rename);
    }
    if (node.op === 'reduce') {
      return sumsOver(this.#shape(node.x), node.axes).map((where) => pick(node.x, where).reduce((a, b) => g.binary('add', a, b)));
    }
    if (node.op !== 'transpose' && node.op !== 'slice') throw new Error(`a node of kind ${node.op} cannot be taken apart`);
    return pick(node.x, positionsOfMoved(node, this.#shape(node.x)));
  }

  #place({ shape, dtype }: Node, parts: readonly Part[], fill: number, rename: (id: NodeId) => NodeId): NodeId[] {
    const entries = Array.from({ length: sizeOf(shape) }, () => -1);
    const strides = stridesOf(shape);
    for (const { x, begin } of parts) {
      const own = this.#entriesOf(x, rename);
      positions(this.#shape(x), strides, offsetOf(begin, strides)).forEach((position, i) => {
        entries[position] = at(own, i);
      });
    }
    return entries.map((entry) => (entry < 0 ? this.g.scalar(fill, dtype) : entry));
  }
}

/** Where the entries of a transpose or slice lie in what it is of. */
function positionsOfMoved(node: NodeOf<'transpose' | 'slice'>, shape: Shape): Int32Array {
  const strides = stridesOf(shape);
  if (node.op === 'transpose') return positions(node.shape, node.permutation.map((axis) => at(strides, axis)));
  const steps = strides.map((stride, axis) => stride * at(node.strides, axis));
  return positions(node.shape, steps, offsetOf(node.begin, strides));
}

function offsetOf(index: readonly number[], strides: readonly number[]): number {
  return index.reduce((offset, i, axis) => offset + i * at(strides, axis), 0);
}

/** Every index within a shape, row-major. */
function indices(shape: Shape): number[][] {
  const strides = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, i) => shape.map((n, axis) => Math.floor(i / at(strides, axis)) % n));
}

/** For each entry of a sum over `axes`, where what is added up lies. */
function sumsOver(shape: Shape, axes: readonly number[]): Int32Array[] {
  const strides = stridesOf(shape);
  const along = (chosen: readonly number[], offset: number): Int32Array =>
    positions(chosen.map((axis) => at(shape, axis)), chosen.map((axis) => at(strides, axis)), offset);
  const kept = shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  return Array.from(along(kept, 0), (start) => along(axes, start));
}
