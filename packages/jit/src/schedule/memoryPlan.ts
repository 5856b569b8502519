/** @file Which bytes of the program's memory hold what, and when they may be used again. */
import type { NodeId } from '../graph/node.ts';
import { at, sizeOf } from '../graph/shape.ts';
import type { Schedule } from './schedule.ts';

/** Arrays begin where vectors may be loaded. */
const ALIGNMENT = 16;

/** Vectors may be read past the end of an array by as much. */
const OVERREAD = 16;

/** Memory handed out from the start; nothing comes back. */
export class Layout {
  /** The first bytes stay unused, so that no array has address 0. */
  #end = ALIGNMENT;

  /** Bytes for the whole life of the program; their address. */
  reserve(bytes: number): number {
    const address = this.#end;
    this.#end += aligned(bytes);
    return address;
  }

  /** How much memory the program needs. */
  get bytes(): number {
    return this.#end + OVERREAD;
  }
}

/** The values of a schedule that are computed and kept for a while, in memory of their own. */
function isTemporary(schedule: Schedule, id: NodeId): boolean {
  const { op } = at(schedule.values, id);
  return op !== 'input' && op !== 'constant' && !schedule.inPlace.has(id);
}

/**
 * Addresses of the values that a schedule keeps in memory, results among them; inputs, what replaces them, and constants
 * have theirs from elsewhere. Arrays that are not needed at the same time may share memory; what is written in a step never
 * lies where something is read in it.
 *
 * @param elementSize - bytes of one number.
 */
export function planTemporaries(schedule: Schedule, layout: Layout, elementSize: number): Map<NodeId, number> {
  const ids = [...schedule.stored.keys()].filter((id) => isTemporary(schedule, id));
  const lifetime = (id: NodeId): { first: number; last: number } => schedule.stored.get(id) ?? { first: 0, last: 0 };
  ids.sort((a, b) => lifetime(a).first - lifetime(b).first);
  const ending = new Map<number, NodeId[]>();
  for (const id of ids) {
    const { last } = lifetime(id);
    const others = ending.get(last);
    if (others === undefined) ending.set(last, [id]);
    else others.push(id);
  }
  const bytesOf = (id: NodeId): number => aligned(sizeOf(at(schedule.values, id).shape) * elementSize);
  const space = new FreeSpace();
  const offsets = new Map<NodeId, number>();
  let freed = -1;
  for (const id of ids) {
    for (const { first } = lifetime(id); freed + 1 < first; ) {
      freed++;
      for (const dead of ending.get(freed) ?? []) space.release(offsets.get(dead) ?? 0, bytesOf(dead));
    }
    offsets.set(id, space.take(bytesOf(id)));
  }
  const base = layout.reserve(space.end);
  return new Map([...offsets].map(([id, offset]) => [id, base + offset]));
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Free intervals, ascending, that never touch; behind the last used byte everything is free. */
class FreeSpace {
  readonly #free: { begin: number; end: number }[] = [];
  end = 0;

  /** First fit. */
  take(bytes: number): number {
    let i = 0;
    for (; i < this.#free.length; i++) {
      const { begin, end } = at(this.#free, i);
      if (end - begin >= bytes) break;
    }
    const interval = this.#free[i];
    if (interval === undefined) {
      const begin = this.end;
      this.end += bytes;
      return begin;
    }
    const { begin } = interval;
    interval.begin += bytes;
    if (interval.begin === interval.end) this.#free.splice(i, 1);
    return begin;
  }

  release(begin: number, bytes: number): void {
    if (bytes === 0) return;
    const end = begin + bytes;
    const i = this.#firstFrom(end);
    this.#free.splice(i, 0, { begin, end });
    this.#merge(i);
    this.#merge(i - 1);
  }

  /** The index of the first interval that begins at an address or behind it. */
  #firstFrom(address: number): number {
    let [low, high] = [0, this.#free.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(this.#free, middle).begin < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #merge(i: number): void {
    const [left, right] = [this.#free[i], this.#free[i + 1]];
    if (left === undefined || right === undefined || left.end !== right.begin) return;
    left.end = right.end;
    this.#free.splice(i + 1, 1);
  }
}
