/** @file Addresses in a loop nest: a base known in advance, the outer axes' share, the innermost axis' share. */
import { at } from '../graph/shape.ts';
import type { FunctionBuilder, Local } from '../wasm/encode/functionBuilder.ts';
import type { Walk } from './loopPlan.ts';

/** An address: a local and a number known in advance. */
export interface Address {
  readonly local: Local;
  readonly offset: number;
}

/** Where the innermost axis stands: at `index`, behind a counter in bytes of contiguous numbers if there is one. */
export interface Position {
  readonly counter: Local | null;
  readonly index: number;
}

/** Works out each distinct address once: that of the outer axes before the innermost loop, the rest once a round. */
export class Addresses {
  readonly #f: FunctionBuilder;
  readonly #counters: readonly Local[];
  readonly #zero: Local;
  readonly #size: number;
  readonly #rows = new Map<string, Local>();

  /** @param counters - those of the outer axes, in elements. @param size - bytes of a number. */
  constructor(f: FunctionBuilder, counters: readonly Local[], zero: Local, size: number) {
    this.#f = f;
    this.#counters = counters;
    this.#zero = zero;
    this.#size = size;
  }

  /** The address of a walk at index 0 of the innermost axis; must be asked for before the innermost loop begins. */
  outer(walk: Walk): Address {
    if (this.#counters.length === 0 && at(walk.strides, 0) >= 0) return { local: this.#zero, offset: walk.address };
    const steps = this.#counters.map((_, axis) => at(walk.strides, axis) * this.#size);
    // The two parts of an address are added without sign: one that goes down must be whole before.
    const base = walk.strides.some((stride) => stride < 0) ? walk.address : 0;
    const key = `${steps.join()}+${base}`;
    const known = this.#rows.get(key);
    const local = known ?? this.#sum(steps, base);
    this.#rows.set(key, local);
    return { local, offset: walk.address - base };
  }

  /** The address of a walk at a position of the innermost axis, and of `count` next to it; `cache` lives for one round. */
  inner(walk: Walk, { counter, index }: Position, count: number, cache: Map<string, Local>): Address {
    const { local: row, offset } = this.outer(walk);
    const stride = at(walk.strides, walk.strides.length - 1);
    if (stride < 0) return this.#downwards(row, { counter, index }, stride, count);
    const moved = offset + index * stride * this.#size;
    if (counter === null || stride === 0) return { local: row, offset: moved };
    const key = `${row},${stride}`;
    const known = cache.get(key);
    const local = known ?? this.#along(row, counter, stride);
    cache.set(key, local);
    return { local, offset: moved };
  }

  /** The last of `count` numbers lies lowest; the others are reached from there. */
  #downwards(row: Local, { counter, index }: Position, stride: number, count: number): Address {
    const f = this.#f;
    const offset = (1 - count) * stride * this.#size;
    f.get(row).i32(index * stride * this.#size - offset).op('i32.add');
    if (counter !== null) f.get(counter).i32(stride).op('i32.mul').op('i32.add');
    const local = f.local('i32');
    f.set(local);
    return { local, offset };
  }

  #sum(steps: readonly number[], base: number): Local {
    const f = this.#f;
    let sum: Local | null = null;
    if (base !== 0) {
      sum = f.local('i32');
      f.i32(base).set(sum);
    }
    steps.forEach((step, axis) => {
      if (step === 0) return;
      f.get(at(this.#counters, axis)).i32(step).op('i32.mul');
      if (sum !== null) f.get(sum).op('i32.add');
      sum = f.local('i32');
      f.set(sum);
    });
    return sum ?? this.#zero;
  }

  #along(row: Local, counter: Local, stride: number): Local {
    const f = this.#f;
    if (row === this.#zero && stride === 1) return counter;
    f.get(counter);
    if (stride !== 1) f.i32(stride).op('i32.mul');
    if (row !== this.#zero) f.get(row).op('i32.add');
    const local = f.local('i32');
    f.set(local);
    return local;
  }
}
