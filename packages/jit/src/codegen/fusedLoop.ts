/** @file Instructions of a fused loop: the loop nest, two or four numbers at a time along the innermost axis. */
import { at, sizeOf } from '../graph/shape.ts';
import type { FunctionBuilder, Local } from '../wasm/encode/functionBuilder.ts';
import type { Lanes, Precision } from '../wasm/lanes/lanes.ts';
import { ScalarLanes } from '../wasm/lanes/scalar.ts';
import { VectorLanes } from '../wasm/lanes/vector.ts';
import type { MathFunctions } from '../wasm/math/functions.ts';
import { Addresses } from './addresses.ts';
import type { RoundPlace } from './loopBody.ts';
import { LoopBody } from './loopBody.ts';
import type { Accumulation, LoopPlan, Walk } from './loopPlan.ts';
import { combine, IDENTITY } from './reduction.ts';

/** What is the same for all loops of a program. */
export interface LoopContext {
  readonly math: MathFunctions;
  readonly precision: Precision;
  readonly relaxedSimd: boolean;
}

const VECTOR_BYTES = 16;

/** Code is written out instead of looped over while it is no longer than this many nodes. */
const UNROLLED_NODES = 160;

/** From this many numbers on, functions are written into the loop rather than called. */
const INLINE_NUMBERS = 64;

/** Up to this many bytes are filled by instructions written out. */
const LONGEST_WRITTEN_FILL = 256;

/** Short bodies are written twice a round, so that two sums can run at a time. */
const PAIRED_NODES = 24;

/** Up to this many sums of columns are kept in locals while rows go by. */
const MOST_COLUMN_SUMS = 12;

/** Where a reduction gathers: a local for single numbers and locals for vectors; for sums of columns, one each of them. */
interface Gathered {
  readonly scalars: readonly Local[];
  readonly vectors: readonly Local[];
}

/** Writes the loop. */
export function emitFusedLoop(f: FunctionBuilder, plan: LoopPlan, context: LoopContext): void {
  f.scoped(() => new FusedLoop(f, plan, context).emit());
}

class FusedLoop {
  readonly #f: FunctionBuilder;
  readonly #plan: LoopPlan;
  readonly #scalar: ScalarLanes;
  readonly #vector: VectorLanes;
  readonly #math: MathFunctions;
  readonly #counters: Local[] = [];
  readonly #gathered = new Map<Accumulation, Gathered>();
  readonly #zero: Local;
  readonly #rounds: number;
  readonly #tail: number;
  readonly #pair: number;

  constructor(f: FunctionBuilder, plan: LoopPlan, context: LoopContext) {
    this.#f = f;
    this.#plan = plan;
    this.#math = context.math;
    this.#scalar = new ScalarLanes(f, context.precision);
    this.#vector = new VectorLanes(f, context.precision, context.relaxedSimd);
    this.#zero = f.local('i32');
    f.i32(0).set(this.#zero);
    const inner = at(plan.sizes, plan.sizes.length - 1);
    this.#rounds = Math.floor(inner / this.#vector.count);
    this.#tail = inner - this.#rounds * this.#vector.count;
    this.#pair = this.#isUnrolled() || this.#rounds < 8 || this.#numNodes() > PAIRED_NODES ? 1 : 2;
  }

  emit(): void {
    const { accumulations, scatters, sizes, fills } = this.#plan;
    for (const { address, size, value } of fills) this.#fill(address, size, value);
    for (const { out, outSize, fn } of accumulations) {
      if (this.#addsToMemory(out) || sizeOf(sizes) === 0) this.#fill(out.address, outSize, IDENTITY[fn]);
    }
    for (const { out, outSize } of scatters) this.#fill(out.address, outSize, 0);
    if (sizeOf(sizes) > 0) this.#axis(0);
  }

  #numNodes(): number {
    const { members, accumulations, scatters } = this.#plan;
    return members.length + accumulations.length + 2 * scatters.length;
  }

  #isUnrolled(): boolean {
    return (this.#rounds + this.#tail) * this.#numNodes() <= UNROLLED_NODES || this.#rounds <= 2;
  }

  /** The loops from this axis inwards, with the reductions that end with it. */
  #axis(depth: number): void {
    const { sizes, accumulations } = this.#plan;
    const ending = accumulations.filter(({ out }) => this.#level(out) === depth);
    for (const accumulation of ending) this.#begin(accumulation);
    if (depth === sizes.length - 1) {
      this.#inner();
    } else {
      const counter = this.#f.local('i32');
      this.#counters[depth] = counter;
      this.#f.forRange(counter, 0, at(sizes, depth), 1, () => this.#axis(depth + 1));
    }
    for (const accumulation of ending) this.#finish(accumulation, depth);
  }

  /** The innermost axis: vectors, then single numbers. */
  #inner(): void {
    const f = this.#f;
    const { size, count } = this.#vector;
    const addresses = new Addresses(f, this.#counters, this.#zero, size);
    const body = new LoopBody(this.#plan, this.#math, addresses, {
      inline: sizeOf(this.#plan.sizes) >= INLINE_NUMBERS,
      accumulate: (accumulation, lanes, value, place) => this.#accumulate(accumulation, lanes, value, place),
      isGathered: ({ out }) => this.#level(out) < this.#plan.sizes.length,
    });
    if (this.#rounds > 0) body.prepare(this.#vector);
    if (this.#tail > 0) body.prepare(this.#scalar);
    const step = count * this.#pair;
    const paired = Math.floor(this.#rounds / this.#pair) * step;
    const vectors = this.#rounds * count;
    if (this.#isUnrolled()) {
      for (let i = 0; i < vectors; i += count) body.emit(this.#vector, { counter: null, index: i }, 0);
    } else {
      const counter = f.local('i32');
      f.forRange(counter, 0, paired * size, step * size, () => {
        for (let copy = 0; copy < this.#pair; copy++) body.emit(this.#vector, { counter, index: copy * count }, copy);
      });
      for (let i = paired; i < vectors; i += count) body.emit(this.#vector, { counter: null, index: i }, 0);
    }
    for (let i = 0; i < this.#tail; i++) body.emit(this.#scalar, { counter: null, index: vectors + i }, 0);
  }

  #begin(accumulation: Accumulation): void {
    const { fn, out } = accumulation;
    const known = this.#gathered.get(accumulation);
    const [numScalars, numVectors] = this.#isOfColumns(out) ? [this.#tail, this.#rounds] : [1, this.#rounds > 0 ? this.#pair : 0];
    const scalars = known?.scalars ?? Array.from({ length: numScalars }, () => this.#f.local(this.#scalar.type));
    const vectors = known?.vectors ?? Array.from({ length: numVectors }, () => this.#f.local('v128'));
    for (const scalar of scalars) this.#f.get(this.#scalar.constant(IDENTITY[fn])).set(scalar);
    for (const vector of vectors) this.#f.get(this.#vector.constant(IDENTITY[fn])).set(vector);
    this.#gathered.set(accumulation, { scalars, vectors });
  }

  #accumulate(accumulation: Accumulation, lanes: Lanes, value: Local, { copy, index }: RoundPlace): void {
    const gathered = this.#gathered.get(accumulation);
    const isOfColumns = this.#isOfColumns(accumulation.out);
    const [vector, scalar] = isOfColumns ? [index / this.#vector.count, index - this.#rounds * this.#vector.count] : [copy, 0];
    const target = lanes.count === 1 ? gathered?.scalars[scalar] : gathered?.vectors[vector];
    if (target === undefined) throw new Error('a reduction was not begun');
    this.#f.get(combine(lanes, accumulation.fn, target, value)).set(target);
  }

  /** Puts a reduction where it belongs. */
  #finish(accumulation: Accumulation, depth: number): void {
    const gathered = this.#gathered.get(accumulation);
    if (gathered === undefined) return;
    const { fn, out } = accumulation;
    const addresses = new Addresses(this.#f, this.#counters.slice(0, depth), this.#zero, this.#scalar.size);
    const { local, offset } = addresses.outer(out);
    const put = (lanes: Lanes, value: Local, place: number): void => {
      lanes.store(local, place, this.#addsToMemory(out) ? combine(lanes, fn, lanes.load(local, place), value) : value);
    };
    if (!this.#isOfColumns(out)) {
      put(this.#scalar, this.#total(gathered, fn), offset);
      return;
    }
    gathered.vectors.forEach((vector, i) => put(this.#vector, vector, offset + i * VECTOR_BYTES));
    const vectorBytes = gathered.vectors.length * VECTOR_BYTES;
    gathered.scalars.forEach((scalar, i) => put(this.#scalar, scalar, offset + vectorBytes + i * this.#scalar.size));
  }

  /** The pieces of a reduction put together. */
  #total({ scalars, vectors }: Gathered, fn: Accumulation['fn']): Local {
    let total = at(scalars, 0);
    const [first, ...others] = vectors;
    if (first === undefined) return total;
    const sum = others.reduce((a, b) => combine(this.#vector, fn, a, b), first);
    for (let lane = 0; lane < this.#vector.count; lane++) total = combine(this.#scalar, fn, total, this.#vector.extract(sum, lane));
    return total;
  }

  /** How many axes lie outside of those over which the reduction gathers in locals. */
  #level(out: Walk): number {
    return level(this.#isOfColumns(out) ? out.strides.slice(0, -1) : out.strides);
  }

  /** Whether rows that are written out are reduced to one, whose columns fit into locals. */
  #isOfColumns({ strides }: Walk): boolean {
    const isOfRows = strides.length > 1 && at(strides, strides.length - 1) === 1 && at(strides, strides.length - 2) === 0;
    if (!isOfRows || !this.#isUnrolled()) return false;
    return this.#plan.accumulations.length * (this.#rounds + this.#tail) <= MOST_COLUMN_SUMS;
  }

  /** Whether partial results meet in memory: if an axis over which to reduce lies outside of one that is kept. */
  #addsToMemory(out: Walk): boolean {
    const depth = this.#level(out);
    return depth === this.#plan.sizes.length || out.strides.slice(0, depth).includes(0);
  }

  #fill(address: number, length: number, value: number): void {
    const f = this.#f;
    const { size, type } = this.#scalar;
    const bytes = length * size;
    if (bytes > LONGEST_WRITTEN_FILL && Object.is(value, 0)) {
      f.i32(address).i32(0).i32(bytes).memoryFill();
    } else if (bytes > LONGEST_WRITTEN_FILL) {
      const counter = f.local('i32');
      f.forRange(counter, 0, bytes, size, () => f.get(counter)[type](value).memory(`${type}.store`, address));
    } else {
      const [vector, scalar] = [this.#vector.constant(value), this.#scalar.constant(value)];
      let done = 0;
      for (; done + 16 <= bytes; done += 16) this.#vector.store(this.#zero, address + done, vector);
      for (; done < bytes; done += size) this.#scalar.store(this.#zero, address + done, scalar);
    }
  }
}

/** How many axes lie outside of the innermost run of reduced ones. */
function level(strides: readonly number[]): number {
  return strides.findLastIndex((stride) => stride !== 0) + 1;
}
