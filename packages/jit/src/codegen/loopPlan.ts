/** @file A fused loop with everything known that its instructions need: addresses, strides, and how its axes are run. */
import type { NodeId, Reduction, Shape } from '../graph/node.ts';
import { at, sameShape, sizeOf, stridesOf } from '../graph/shape.ts';
import { isElementwise, isIdentity, squeezeStrides } from '../schedule/fused.ts';
import type { Access, FusedStep, Schedule, Value } from '../schedule/schedule.ts';

/** A walk through memory: the number for `index` is at `address + size Σ index[axis] strides[axis]`. */
export interface Walk {
  readonly address: number;
  strides: readonly number[];
}

/** Where a member gets a value from. */
export type Source =
  | { readonly kind: 'register'; readonly id: NodeId }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'memory'; readonly walk: Walk };

/** A node computed in the loop. */
export interface Member {
  readonly id: NodeId;
  readonly node: Value;
  readonly sources: readonly Source[];
  /** Where its value is kept, if it is. */
  readonly store: Walk | null;
  /** Whether it is added to what is there. */
  readonly isAdded: boolean;
  /** Whether it is kept where others may yet have to read in the same round. */
  readonly isInPlace: boolean;
}

/** A member whose value is gathered up over some axes. */
export interface Accumulation {
  readonly id: NodeId;
  readonly fn: Reduction;
  readonly source: Source;
  /** Stride 0 along the axes that are reduced. */
  readonly out: Walk;
  readonly outSize: number;
}

/** A member that adds to places decided by an index. */
export interface Scatter {
  readonly id: NodeId;
  readonly updates: Source;
  readonly indices: Source;
  /** Stride 0 along the axis of the indices. */
  readonly out: Walk;
  readonly outSize: number;
  readonly target: IndexedAxis;
}

/** The axis that an index selects from. */
export interface IndexedAxis {
  readonly stride: number;
  readonly size: number;
  /** Whether every index is known to be within the axis. */
  readonly isSafe: boolean;
}

/** An array to be filled with one number before the loop begins. */
export interface Fill {
  readonly address: number;
  readonly size: number;
  readonly value: number;
}

/** Members in order: what is computed index by index, then what is made of it. */
export interface LoopPlan {
  /** Outermost first; at least one. */
  readonly sizes: readonly number[];
  readonly members: readonly (Member & { readonly gather: IndexedAxis | null })[];
  readonly accumulations: readonly Accumulation[];
  readonly scatters: readonly Scatter[];
  readonly fills: readonly Fill[];
}

/** Everything about a fused step. @param addressOf - the address of a stored value. */
export function planLoop(step: FusedStep, schedule: Schedule, addressOf: (id: NodeId) => number, size: number): LoopPlan {
  return new Planner(step, schedule, addressOf, size).run();
}

class Planner {
  readonly #step: FusedStep;
  readonly #schedule: Schedule;
  readonly #addressOf: (id: NodeId) => number;
  readonly #elementSize: number;
  readonly #inStep: ReadonlySet<NodeId>;
  /** By address. */
  readonly #walks = new Map<number, Walk[]>();

  constructor(step: FusedStep, schedule: Schedule, addressOf: (id: NodeId) => number, size: number) {
    this.#step = step;
    this.#schedule = schedule;
    this.#addressOf = addressOf;
    this.#elementSize = size;
    this.#inStep = new Set(step.members);
  }

  run(): LoopPlan {
    const members: LoopPlan['members'][number][] = [];
    const accumulations: Accumulation[] = [];
    const scatters: Scatter[] = [];
    for (const id of this.#step.members) {
      const node = at(this.#schedule.values, id);
      const sources = (this.#schedule.accesses[id] ?? []).map((access) => this.#source(access));
      if (node.op === 'reduce') accumulations.push(this.#accumulation(id, node, at(sources, 0)));
      else if (node.op === 'scatterAdd') scatters.push(this.#scatter(id, node, sources));
      else members.push(this.#member(id, node, sources));
    }
    const sizes = this.#step.domain.length === 0 ? [1] : [...this.#step.domain];
    const walks = [...this.#walks.values()].flat();
    if (this.#step.domain.length === 0) for (const walk of walks) walk.strides = [0];
    const fills = this.#step.fills.map(({ id, value }) => ({ address: this.#addressOf(id), size: sizeOf(this.#shape(id)), value }));
    return { sizes: collapse(sizes, walks), members, accumulations, scatters, fills };
  }

  #shape(id: NodeId): Shape {
    return at(this.#schedule.values, id).shape;
  }

  #source(access: Access): Source {
    const root = at(this.#schedule.values, access.root);
    if (this.#inStep.has(access.root) && isElementwise(root) && isIdentity(access, this.#step.strides)) {
      return { kind: 'register', id: access.root };
    }
    if (root.op === 'constant' && root.values.length === 1 && access.isIndirect !== true) {
      return { kind: 'constant', value: at(root.values, 0) };
    }
    return { kind: 'memory', walk: this.#walk(access.root, access.offset, access.strides) };
  }

  #walk(root: NodeId, offset: number, strides: readonly number[]): Walk {
    const address = this.#addressOf(root) + offset * this.#elementSize;
    const walks = this.#walks.get(address) ?? [];
    const known = walks.find((walk) => sameShape(walk.strides, strides));
    if (known !== undefined) return known;
    const walk = { address, strides };
    walks.push(walk);
    this.#walks.set(address, walks);
    return walk;
  }

  #member(id: NodeId, node: Value, sources: readonly Source[]): LoopPlan['members'][number] {
    return {
      id,
      node,
      sources,
      store: this.#store(id, node),
      isAdded: node.op === 'part' && node.accumulate,
      isInPlace: this.#schedule.inPlace.has(id),
      gather: this.#gather(node),
    };
  }

  #store(id: NodeId, node: Value): Walk | null {
    if (node.op === 'part') return this.#walk(node.target, node.offset, squeezeStrides(node.shape, node.strides));
    if (!this.#schedule.stored.has(id)) return null;
    return this.#walk(id, 0, this.#step.strides);
  }

  #accumulation(id: NodeId, node: Value & { readonly op: 'reduce' }, source: Source): Accumulation {
    const shape = this.#shape(node.x);
    const kept = stridesOf(node.shape);
    const strides = shape.map(() => 0);
    let next = 0;
    shape.forEach((_, axis) => {
      if (!node.axes.includes(axis)) strides[axis] = at(kept, next++);
    });
    const out = this.#walk(id, 0, squeezeStrides(shape, strides));
    return { id, fn: node.fn, source, out, outSize: sizeOf(node.shape) };
  }

  #scatter(id: NodeId, node: Value & { readonly op: 'scatterAdd' }, sources: readonly Source[]): Scatter {
    const shape = this.#shape(node.updates);
    const own = stridesOf(node.shape);
    const strides = own.map((stride, axis) => (axis === 0 ? 0 : stride));
    const size = at(node.shape, 0);
    return {
      id,
      updates: at(sources, 0),
      indices: at(sources, 1),
      out: this.#walk(id, 0, squeezeStrides(shape, strides)),
      outSize: sizeOf(node.shape),
      target: { stride: at(own, 0), size, isSafe: this.#areWithin(node.indices, size) },
    };
  }

  #gather(node: Value): IndexedAxis | null {
    if (node.op !== 'gather') return null;
    const size = at(this.#shape(node.x), node.axis);
    const stride = at(at(this.#schedule.views, node.x).strides, node.axis);
    return { stride, size, isSafe: this.#areWithin(node.indices, size) };
  }

  #areWithin(indices: NodeId, size: number): boolean {
    const root = at(this.#schedule.values, at(this.#schedule.views, indices).root);
    return root.op === 'constant' && root.values.every((index) => index >= 0 && index < size);
  }
}

/** Merges axes that every walk runs through with one stride; the sizes that are left. */
function collapse(sizes: readonly number[], walks: readonly Walk[]): number[] {
  const merged = [...sizes];
  for (let axis = merged.length - 2; axis >= 0; axis--) {
    const inner = at(merged, axis + 1);
    if (!walks.every(({ strides }) => at(strides, axis) === at(strides, axis + 1) * inner)) continue;
    merged.splice(axis, 2, at(merged, axis) * inner);
    for (const walk of walks) walk.strides = walk.strides.filter((_, i) => i !== axis);
  }
  return merged;
}
