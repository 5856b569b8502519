/** @file From a graph to steps: nodes that run over the same array are put into one loop wherever that is possible. */
import type { Graph } from '../graph/graph.ts';
import type { LoopNode, NodeId, NodeOf, Shape } from '../graph/node.ts';
import { operandsOf } from '../graph/operands.ts';
import { at, sizeOf, stridesOf } from '../graph/shape.ts';
import { accessesOf, domainNode, entrywiseOperands, isElementwise, isFused, isIdentity, squeeze } from './fused.ts';
import { InputReadings, placeCarried } from './inPlace.ts';
import { findLifetimes } from './lifetimes.ts';
import type { Access, Carry, FusedStep, Operand, Schedule, Step, Value } from './schedule.ts';
import { sink } from './sink.ts';
import type { View } from './view.ts';
import { broadcastView, isContiguous, isTransposed, reshapeView, sliceView, transposeView, wholeView } from './view.ts';

/** Loops longer than this in nodes are closed: the functions that they become should stay easy to compile. */
const MOST_MEMBERS = 400;

/** Puts the graph's nodes in order of execution. @param carries - results that are to be where inputs were, in the end. */
export function makeSchedule(graph: Graph, carries: readonly Carry[] = []): Schedule {
  return new Scheduler(graph, carries).run();
}

/**
 * One pass over the nodes. A node goes into the first loop over its array that comes after everything it reads, or into
 * that of an operand if it reads it index for index; if there is none, into a new one at the end. What is to replace an
 * input waits until that has been read. Steps are in order of execution at any time.
 */
class Scheduler {
  readonly #graph: Graph;
  readonly #values: Value[];
  readonly #views: View[] = [];
  /** Transposed values that were stored anew. */
  readonly #untransposed = new Map<NodeId, View>();
  readonly #steps: Step[] = [];
  readonly #accesses: Access[][] = [];
  /** The step that computes a root; nothing for what is there from the start. */
  readonly #stepOf: (number | undefined)[];
  /** The step that begins to write an assembled value. */
  readonly #firstWrite = new Map<NodeId, number>();
  /** Places of loops that are not full, by their domain, ascending. */
  readonly #open = new Map<string, number[]>();
  readonly #loopItems = new Map<NodeId, Map<number, NodeId>>();
  readonly #carries: readonly Carry[];
  /** The inputs whose places values are to take. */
  readonly #replaces = new Map<NodeId, number>();

  constructor(graph: Graph, carries: readonly Carry[]) {
    this.#graph = graph;
    this.#values = [...graph.nodes];
    this.#stepOf = graph.nodes.map(() => undefined);
    this.#carries = carries;
    for (const { output, input } of carries) this.#replaces.set(withoutReshapes(graph, at(graph.outputs, output)), input);
  }

  run(): Schedule {
    const { nodes } = this.#graph;
    nodes.forEach((node, id) => {
      if (node.op !== 'item') return;
      const items = this.#loopItems.get(node.x) ?? new Map<number, NodeId>();
      this.#loopItems.set(node.x, items.set(node.index, id));
    });
    nodes.forEach((_, id) => this.#place(id));
    const { outputs, gradients } = this.#results();
    const results = [...outputs, ...gradients.filter((id) => id !== null)];
    const [steps, values, accesses] = [this.#steps, this.#values, this.#accesses];
    sink({ steps, values, accesses, stepOf: this.#stepOf, results: new Set(results), mostMembers: MOST_MEMBERS });
    this.#dropEmptySteps();
    const firstWriteOf = (id: NodeId): number => this.#firstWrite.get(id) ?? this.#stepOf[id] ?? -1;
    const stored = findLifetimes({ steps, values, accesses }, firstWriteOf, (id) => this.#stepOf[id], results);
    const carried = placeCarried({ steps, values, accesses }, this.#carries, outputs, firstWriteOf);
    return { graph: this.#graph, values, views: this.#views, accesses, steps, stored, outputs, gradients, ...carried };
  }

  readonly #shapeOf = (id: NodeId): Shape => this.#shape(id);
  readonly #viewAt = (id: NodeId): View => this.#view(id);
  readonly #viewInLoops = (id: NodeId): View => this.#untransposed.get(id) ?? this.#view(id);

  #shape(id: NodeId): Shape {
    return at(this.#values, id).shape;
  }

  #view(id: NodeId): View {
    return at(this.#views, id);
  }

  #place(id: NodeId): void {
    const node = at(this.#values, id);
    this.#views[id] = this.#viewOf(node, id);
    if (this.#view(id).root !== id) return;
    if (isFused(node)) this.#fuse(id);
    else if (node.op === 'reshape') this.#copyInto(id, node.x);
    else if (node.op === 'loop') this.#loop(id, node);
    else if (node.op === 'assemble') this.#assemble(id, node);
    else if (node.op === 'item') this.#stepOf[id] = this.#stepOf[node.x] ?? 0;
    else if (node.op !== 'input' && node.op !== 'constant') this.#dense(id);
  }

  #viewOf(node: Value, id: NodeId): View {
    switch (node.op) {
      case 'broadcast':
        return broadcastView(this.#view(node.x), this.#shape(node.x), node.shape);
      case 'transpose':
        return transposeView(this.#view(node.x), node.permutation);
      case 'slice':
        return sliceView(this.#view(node.x), node.begin, node.strides);
      case 'reshape':
        return reshapeView(this.#view(node.x), this.#shape(node.x), node.shape) ?? wholeView(id, node.shape);
      default:
        return wholeView(id, node.shape);
    }
  }

  /** A reshape that strides cannot say becomes a copy in the order of its operand. */
  #copyInto(id: NodeId, x: NodeId): void {
    this.#values[id] = { op: 'copy', shape: this.#shape(id), dtype: at(this.#values, id).dtype, x };
    this.#placeCopy(id, x);
  }

  #placeCopy(id: NodeId, x: NodeId): void {
    const [view, shape] = [this.#view(x), this.#shape(x)];
    if (isTransposed(view, shape)) {
      this.#stepOf[id] = this.#steps.length;
      this.#steps.push({ kind: 'transpose', node: id, shape, view });
    } else {
      this.#fuse(id);
    }
  }

  #fuse(id: NodeId): void {
    const node = at(this.#values, id);
    this.#untranspose(node);
    const shape = this.#shape(domainNode(node, id));
    const domain = squeeze(shape);
    const key = domain.join();
    const accesses = accessesOf(node, shape, this.#shapeOf, node.op === 'gather' ? this.#viewAt : this.#viewInLoops);
    this.#accesses[id] = accesses;
    let earliest = 0;
    for (const access of accesses) earliest = Math.max(earliest, this.#earliest(access, key));
    const replaced = this.#replaces.get(id);
    if (replaced !== undefined) earliest = Math.max(earliest, this.#firstToReplace(replaced, node, key));
    this.#stepOf[id] = this.#join(id, this.#openLoops(key), { domain, key, earliest });
  }

  /** The places of loops over a domain that are not full. */
  #openLoops(key: string): number[] {
    const places = this.#open.get(key) ?? [];
    this.#open.set(key, places);
    return places;
  }

  /** Puts the node into the first open loop from a place on, or into a new one at the end; gives the loop's place. */
  #join(id: NodeId, open: number[], { domain, key, earliest }: { domain: Shape; key: string; earliest: number }): number {
    const i = firstFrom(open, earliest);
    if (i === open.length) {
      open.push(this.#steps.length);
      this.#steps.push({ kind: 'fused', domain, key, strides: stridesOf(domain), members: [], fills: [] });
    }
    const place = at(open, i);
    const { members } = this.#steps[place] as FusedStep;
    members.push(id);
    if (members.length >= MOST_MEMBERS) open.splice(i, 1);
    return place;
  }

  /** Loops run through large transposed arrays after these were stored anew. */
  #untranspose(node: Value): void {
    for (const x of entrywiseOperands(node)) {
      const shape = this.#shape(x);
      if (isTransposed(this.#viewInLoops(x), shape)) this.#untransposed.set(x, wholeView(this.#copy(x), shape));
    }
  }

  /** The first step in which the value can be read so: the one that computes it, if index for index, else the next. */
  #earliest(access: Access, key: string): number {
    const step = this.#stepOf[access.root];
    if (step === undefined) return 0;
    return this.#isInStep(access, step, key) ? step : step + 1;
  }

  /** Whether the value is at hand in that step's loop at the very index where it is needed. */
  #isInStep(access: Access, step: number, key: string): boolean {
    const { isIndirect = false, root } = access;
    const candidate = this.#steps[step];
    if (isIndirect || candidate?.kind !== 'fused' || !isElementwise(at(this.#values, root))) return false;
    return candidate.key === key && isIdentity(access, candidate.strides);
  }

  /** Parts are written where they are computed; before the first of them, what no part covers is filled. */
  #assemble(id: NodeId, { parts, shape, fill, accumulate }: NodeOf<'assemble'>): void {
    const strides = stridesOf(shape);
    let [first, last, covered] = [Infinity, 0, 0];
    for (const { x, begin } of parts) {
      const { shape: own, dtype } = at(this.#values, x);
      const offset = begin.reduce((sum, from, axis) => sum + from * at(strides, axis), 0);
      const part = this.#values.push({ op: 'part', shape: own, dtype, x, target: id, offset, strides, accumulate }) - 1;
      this.#views[part] = wholeView(part, own);
      this.#fuse(part);
      const step = this.#stepOf[part] ?? 0;
      [first, last, covered] = [Math.min(first, step), Math.max(last, step), covered + sizeOf(own)];
    }
    this.#stepOf[id] = last;
    this.#firstWrite.set(id, first);
    if (accumulate || covered < sizeOf(shape)) (this.#steps[first] as FusedStep).fills.push({ id, value: fill });
  }

  #dense(id: NodeId): void {
    const operands = operandsOf(at(this.#graph.nodes, id)).map((x) => this.#inOnePiece(x));
    this.#stepOf[id] = this.#steps.length;
    this.#steps.push({ kind: 'dense', node: id, operands });
  }

  #loop(id: NodeId, loop: LoopNode): void {
    const operands = operandsOf(loop).map((x) => this.#inOnePiece(x));
    this.#stepOf[id] = this.#steps.length;
    const items = this.#loopItems.get(id) ?? new Map<number, NodeId>();
    this.#steps.push({ kind: 'loop', node: id, loop, operands, items, body: makeSchedule(loop.body) });
  }

  /** The value as an array in one piece, copied if need be. */
  #inOnePiece(id: NodeId): Operand {
    const shape = this.#shape(id);
    const view = this.#viewInLoops(id);
    const { root, offset } = view;
    if (isContiguous(view, shape)) return { root, offset, shape };
    return { root: this.#copy(id), offset: 0, shape };
  }

  /** @param replaced - the input whose place the copy is to take. */
  #copy(x: NodeId, replaced: number | null = null): NodeId {
    const { shape, dtype } = at(this.#values, x);
    const id = this.#values.push({ op: 'copy', shape, dtype, x }) - 1;
    if (replaced !== null) this.#replaces.set(id, replaced);
    this.#views[id] = wholeView(id, shape);
    this.#placeCopy(id, x);
    return id;
  }

  /** Where outputs and gradients are. Those that replace inputs come first, so that they need no copies. */
  #results(): Pick<Schedule, 'outputs' | 'gradients'> {
    const used = new Set<NodeId>();
    const carried = new Map(this.#carries.map(({ output, input }) => [output, this.#result(at(this.#graph.outputs, output), used, input)]));
    return {
      outputs: this.#graph.outputs.map((id, i) => carried.get(i) ?? this.#result(id, used)),
      gradients: this.#graph.gradients.map((id) => (id === null ? null : this.#result(id, used))),
    };
  }

  /** A result has a place of its own; one that is the very input that it replaces stays there. */
  #result(id: NodeId, used: Set<NodeId>, replaced: number | null = null): NodeId {
    const view = this.#view(id);
    const root = at(this.#values, view.root);
    const isWhole = view.offset === 0 && isContiguous(view, this.#shape(id)) && sizeOf(this.#shape(id)) === sizeOf(root.shape);
    if (isWhole && root.op === 'input' && root.index === replaced) return view.root;
    const isOwn = isWhole && this.#stepOf[view.root] !== undefined && !used.has(view.root);
    const result = isOwn ? view.root : this.#copy(id, replaced);
    used.add(result);
    return result;
  }

  /** The first step in which a loop's value may replace an input, as far as it has been read yet. */
  #firstToReplace(input: number, node: Value, key: string): number {
    const { step, isIndexForIndex } = new InputReadings({ steps: this.#steps, values: this.#values, accesses: this.#accesses }).lastOf(input);
    const loop = this.#steps[step];
    const isThere = isIndexForIndex && isElementwise(node) && loop?.kind === 'fused' && loop.key === key;
    return isThere ? step : step + 1;
  }

  /** Takes out loops that nothing is left of. */
  #dropEmptySteps(): void {
    const kept = this.#steps.filter((step) => step.kind !== 'fused' || step.members.length > 0);
    if (kept.length === this.#steps.length) return;
    const places = new Map(kept.map((step, place) => [step, place]));
    const moved = this.#steps.map((step) => places.get(step) ?? -1);
    this.#stepOf.forEach((step, id) => {
      if (step !== undefined) this.#stepOf[id] = at(moved, step);
    });
    for (const [id, step] of this.#firstWrite) this.#firstWrite.set(id, at(moved, step));
    this.#steps.splice(0, Infinity, ...kept);
  }
}

/** What a node is a reshape of, if it is one. */
function withoutReshapes(graph: Graph, id: NodeId): NodeId {
  const node = at(graph.nodes, id);
  return node.op === 'reshape' ? withoutReshapes(graph, node.x) : id;
}

/** The index of the first of `places` (ascending) from `earliest` on; their number if there is none. */
function firstFrom(places: readonly number[], earliest: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(places, middle) < earliest) low = middle + 1;
    else high = middle;
  }
  return low;
}
