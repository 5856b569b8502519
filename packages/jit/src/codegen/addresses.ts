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
    const steps = this.#counters.map((_, axis) => at(walk.strides, axis) * this.#size);
    const key = steps.join();
    const known = this.#rows.get(key);
    const local = known ?? this.#sum(steps);
    this.#rows.set(key, local);
    return { local, offset: walk.address };
  }

  /** The address of a walk at a position of the innermost axis; `cache` lives for one round. */
  inner(walk: Walk, { counter, index }: Position, cache: Map<string, Local>): Address {
    const { local: row, offset } = this.outer(walk);
    const stride = at(walk.strides, walk.strides.length - 1);
    const moved = offset + index * stride * this.#size;
    if (counter === null || stride === 0) return { local: row, offset: moved };
    const key = `${row},${stride}`;
    const known = cache.get(key);
    const local = known ?? this.#along(row, counter, stride);
    cache.set(key, local);
    return { local, offset: moved };
  }

  #sum(steps: readonly number[]): Local {
    const f = this.#f;
    let sum: Local | null = null;
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
