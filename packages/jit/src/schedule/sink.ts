/**
 * @file Into later loops: what is computed only to be stored for another loop over the same array is computed there
 * instead, wherever that takes less traffic with memory. Nodes go into the first loop possible when they are placed; so
 * parts of an optimiser's update, which read nothing but the old state, would run with the model's gradients and be
 * stored until the update is made.
 */
import type { NodeId } from '../graph/node.ts';
import { at, sizeOf } from '../graph/shape.ts';
import { isElementwise, isIdentity } from './fused.ts';
import type { Access, FusedStep, Step, Value } from './schedule.ts';

/** What is moved around in; `steps` and `stepOf` are changed. */
export interface Sinkable {
  readonly steps: readonly Step[];
  readonly values: readonly Value[];
  readonly accesses: readonly (readonly Access[] | undefined)[];
  /** The step that computes a value. */
  readonly stepOf: (number | undefined)[];
  /** They stay where they are. */
  readonly results: ReadonlySet<NodeId>;
  /** Loops have no more members. */
  readonly mostMembers: number;
}

/** Moves members of fused steps to later ones. Steps may be left empty. */
export function sink(parts: Sinkable): void {
  const sinker = new Sinker(parts);
  for (let place = parts.steps.length - 1; place >= 0; place--) while (sinker.sinkFrom(place));
}

class Sinker {
  readonly #parts: Sinkable;
  /** The values that read a value, some of them more than once. */
  readonly #readers = new Map<NodeId, NodeId[]>();

  constructor(parts: Sinkable) {
    this.#parts = parts;
    for (const step of parts.steps) {
      if (step.kind === 'fused') {
        for (const member of step.members) for (const { root } of parts.accesses[member] ?? []) this.#note(root, member);
      } else {
        for (const { root } of step.kind === 'transpose' ? [step.view] : step.operands) this.#note(root, step.node);
      }
    }
  }

  #note(root: NodeId, reader: NodeId): void {
    const readers = this.#readers.get(root);
    if (readers === undefined) this.#readers.set(root, [reader]);
    else readers.push(reader);
  }

  /** Moves some members of a step to one later step, if that saves traffic; whether it did. */
  sinkFrom(place: number): boolean {
    const step = at(this.#parts.steps, place);
    if (step.kind !== 'fused') return false;
    const groups = this.#groups(step, place);
    for (const [later, group] of groups) {
      const target = at(this.#parts.steps, later) as FusedStep;
      if (target.members.length + group.size > this.#parts.mostMembers || this.#saving(step, place, later, group) <= 0) continue;
      step.members.splice(0, Infinity, ...step.members.filter((id) => !group.has(id)));
      target.members.unshift(...group);
      for (const id of group) this.#parts.stepOf[id] = later;
      return true;
    }
    return false;
  }

  /** The members whose readers are all in one later loop over the same array, or go there with them; in order, by loop. */
  #groups(step: FusedStep, place: number): Map<number, Set<NodeId>> {
    const targets = new Map<NodeId, number>();
    for (const id of step.members.toReversed()) {
      const target = this.#target(id, step, place, targets);
      if (target !== null) targets.set(id, target);
    }
    const groups = new Map<number, Set<NodeId>>();
    for (const id of step.members) {
      const target = targets.get(id);
      if (target !== undefined) groups.set(target, (groups.get(target) ?? new Set<NodeId>()).add(id));
    }
    return groups;
  }

  #target(id: NodeId, step: FusedStep, place: number, targets: ReadonlyMap<NodeId, number>): number | null {
    if (this.#parts.results.has(id) || !isElementwise(at(this.#parts.values, id))) return null;
    const places = this.#readersOf(id).map((reader) => {
      const own = this.#parts.stepOf[reader];
      if (own === place) return targets.get(reader);
      return this.#isReadAlong(id, reader, step) ? own : undefined;
    });
    const [first] = places;
    return first !== undefined && places.every((other) => other === first) ? first : null;
  }

  /** Whether the reader runs over the same array, and reads the value index for index. */
  #isReadAlong(id: NodeId, reader: NodeId, { key, strides }: FusedStep): boolean {
    const other = this.#parts.steps[this.#parts.stepOf[reader] ?? -1];
    if (other?.kind !== 'fused' || other.key !== key) return false;
    return (this.#parts.accesses[reader] ?? []).every((access) => access.root !== id || isIdentity(access, strides));
  }

  /** How many numbers fewer are loaded and stored if the group moves. */
  #saving(step: FusedStep, place: number, later: number, group: ReadonlySet<NodeId>): number {
    const { stepOf, accesses, results } = this.#parts;
    const size = sizeOf(step.domain);
    const operands = new Set<NodeId>();
    let saving = 0;
    for (const id of group) {
      for (const { root } of accesses[id] ?? []) if (!group.has(root)) operands.add(root);
      // It is stored here, and loaded there.
      if (this.#readersOf(id).some((reader) => stepOf[reader] === later)) saving += 2 * size;
    }
    for (const x of operands) {
      const own = Math.min(size, sizeOf(at(this.#parts.values, x).shape));
      const readers = this.#readersOf(x);
      const isComputedHere = stepOf[x] === place;
      const isStored = !isComputedHere || results.has(x) || readers.some((reader) => stepOf[reader] !== place);
      if (!isStored) saving -= own;
      if (!readers.some((reader) => stepOf[reader] === later)) saving -= own;
      if (!isComputedHere && readers.every((reader) => stepOf[reader] !== place || group.has(reader))) saving += own;
    }
    return saving;
  }

  #readersOf(id: NodeId): readonly NodeId[] {
    return this.#readers.get(id) ?? [];
  }
}
