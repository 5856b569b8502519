/** @file What happens for one index, or one vector of indices, of a fused loop. */
import type { NodeId } from '../graph/node.ts';
import { at } from '../graph/shape.ts';
import type { Local } from '../wasm/encode/functionBuilder.ts';
import type { Lanes } from '../wasm/lanes/lanes.ts';
import { ScalarLanes } from '../wasm/lanes/scalar.ts';
import type { MathFunctions } from '../wasm/math/functions.ts';
import type { Address, Addresses, Position } from './addresses.ts';
import { emitElementwise } from './elementwise.ts';
import { Held } from './held.ts';
import type { Accumulation, IndexedAxis, LoopPlan, Scatter, Source, Walk } from './loopPlan.ts';
import { combine } from './reduction.ts';

/** How a body is written. */
export interface BodyOptions {
  /** Whether functions are written out rather than called. */
  readonly inline: boolean;
  /** Whether a reduction gathers in locals, through `accumulate`, rather than in memory. */
  readonly isGathered: (accumulation: Accumulation) => boolean;
  readonly accumulate: (accumulation: Accumulation, lanes: Lanes, value: Local, place: RoundPlace) => void;
}

/** Which round it is: of several sums that run at a time, that to which it adds; and its index, if it is written out. */
export interface RoundPlace {
  readonly copy: number;
  readonly index: number;
}

/** What does not change along the innermost axis, by lanes. */
interface Prepared {
  readonly constants: Map<number, Held>;
  readonly uniform: Map<Walk, Held>;
}

/** Everything of one round. */
interface Round {
  readonly lanes: Lanes;
  readonly position: Position;
  readonly prepared: Prepared;
  readonly addresses: Map<string, Local>;
  readonly loaded: Map<Walk, Held>;
  readonly values: Map<NodeId, Held>;
}

/** Writes rounds of the innermost loop. */
export class LoopBody {
  readonly #plan: LoopPlan;
  readonly #math: MathFunctions;
  readonly #addresses: Addresses;
  readonly #options: BodyOptions;
  readonly #prepared = new Map<Lanes, Prepared>();

  constructor(plan: LoopPlan, math: MathFunctions, addresses: Addresses, options: BodyOptions) {
    this.#plan = plan;
    this.#math = math;
    this.#addresses = addresses;
    this.#options = options;
  }

  /** Loads, before the innermost loop, what is the same all along it. */
  prepare(lanes: Lanes): void {
    const { members, accumulations, scatters } = this.#plan;
    const prepared: Prepared = { constants: new Map(), uniform: new Map() };
    this.#prepared.set(lanes, prepared);
    for (const { sources, store, gather } of members) {
      sources.forEach((source, i) => this.#prepareSource(lanes, prepared, source, gather !== null && i === 1));
      if (store !== null) this.#addresses.outer(store);
    }
    for (const { source, out } of accumulations) {
      this.#prepareSource(lanes, prepared, source, false);
      if (!this.#options.isGathered({ out } as Accumulation)) this.#addresses.outer(out);
    }
    for (const { updates, indices, out } of scatters) {
      this.#prepareSource(lanes, prepared, updates, false);
      this.#prepareSource(lanes, prepared, indices, false);
      this.#addresses.outer(out);
    }
  }

  /** One round. @param copy - which of the sums that run at a time this round adds to. */
  emit(lanes: Lanes, position: Position, copy: number): void {
    const prepared = this.#prepared.get(lanes);
    if (prepared === undefined) throw new Error('the loop was not prepared');
    const round: Round = { lanes, position, prepared, addresses: new Map(), loaded: new Map(), values: new Map() };
    const last: (() => void)[] = [];
    for (const member of this.#plan.members) {
      const { id, node, sources, store, isAdded, isInPlace, gather } = member;
      const value =
        gather === null
          ? emitElementwise(lanes, this.#math, node, sources.map((source) => this.#read(round, source)), this.#options.inline)
          : this.#gather(round, at(sources, 0), at(sources, 1), gather);
      round.values.set(id, value);
      if (store === null) continue;
      if (isInPlace) last.push(() => this.#store(round, store, value.number, isAdded));
      else this.#store(round, store, value.number, isAdded);
    }
    for (const accumulation of this.#plan.accumulations) this.#accumulate(round, accumulation, copy);
    for (const scatter of this.#plan.scatters) this.#scatter(round, scatter);
    // Where something is stored in place of an input, all that reads the input has done so.
    for (const store of last) store();
  }

  #prepareSource(lanes: Lanes, prepared: Prepared, source: Source, isIndirect: boolean): void {
    if (source.kind === 'constant' && !prepared.constants.has(source.value)) {
      prepared.constants.set(source.value, Held.number(lanes, lanes.constant(source.value)));
    }
    if (source.kind !== 'memory') return;
    const { local, offset } = this.#addresses.outer(source.walk);
    if (isIndirect || strideOf(source.walk) !== 0 || prepared.uniform.has(source.walk)) return;
    prepared.uniform.set(source.walk, Held.number(lanes, lanes.loadSplat(local, offset)));
  }

  #read(round: Round, source: Source): Held {
    const { prepared, values, loaded } = round;
    if (source.kind === 'register') return known(values.get(source.id));
    if (source.kind === 'constant') return known(prepared.constants.get(source.value));
    const before = prepared.uniform.get(source.walk) ?? loaded.get(source.walk);
    if (before !== undefined) return before;
    const value = Held.number(round.lanes, this.#load(round, source.walk));
    loaded.set(source.walk, value);
    return value;
  }

  #at({ lanes, position, addresses }: Round, walk: Walk): Address {
    return this.#addresses.inner(walk, position, lanes.count, addresses);
  }

  #load(round: Round, walk: Walk): Local {
    const { lanes } = round;
    const { local, offset } = this.#at(round, walk);
    const stride = strideOf(walk);
    if (stride === 1 || lanes.count === 1) return lanes.load(local, offset);
    const scalar = new ScalarLanes(lanes.f, lanes.precision);
    const numbers = eachLane(lanes, (lane) => scalar.load(local, offset + lane * stride * lanes.size));
    return lanes.pack(numbers);
  }

  #store(round: Round, walk: Walk, value: Local, isAdded: boolean): void {
    const { lanes } = round;
    const { local, offset } = this.#at(round, walk);
    const stride = strideOf(walk);
    const put = (own: Lanes, amount: Local, place: number): void => {
      own.store(local, place, isAdded ? own.add(own.load(local, place), amount) : amount);
    };
    if (stride === 1 || lanes.count === 1) {
      put(lanes, value, offset);
      return;
    }
    const scalar = new ScalarLanes(lanes.f, lanes.precision);
    eachLane(lanes, (lane) => put(scalar, lanes.extract(value, lane), offset + lane * stride * lanes.size));
  }

  #accumulate(round: Round, accumulation: Accumulation, copy: number): void {
    const { lanes, position } = round;
    const { fn, source, out } = accumulation;
    const value = this.#read(round, source).number;
    if (this.#options.isGathered(accumulation)) {
      this.#options.accumulate(accumulation, lanes, value, { copy, index: position.index });
      return;
    }
    const { local, offset } = this.#at(round, out);
    lanes.store(local, offset, combine(lanes, fn, lanes.load(local, offset), value));
  }

  /** Numbers from places that an index decides; neighbours where the index stays the same along the innermost axis. */
  #gather(round: Round, indices: Source, from: Source, axis: IndexedAxis): Held {
    const { lanes } = round;
    if (from.kind !== 'memory') throw new Error('what is gathered must be in memory');
    const { walk } = from;
    const { local, offset } = this.#at(round, walk);
    const stride = strideOf(walk);
    const index = this.#read(round, indices).number;
    const load = (own: Lanes, lane: number): Local => {
      const place = offset + lane * stride * lanes.size;
      // Addresses of loads must not be negative before the offset of the instruction is added.
      if (axis.stride < 0) return own.load(this.#indexed(lanes, index, lane, axis, local, place), 0);
      return own.load(this.#indexed(lanes, index, lane, axis, local), place);
    };
    if (this.#isUniform(indices) && stride === 1) return Held.number(lanes, load(lanes, 0));
    const scalar = new ScalarLanes(lanes.f, lanes.precision);
    return Held.number(lanes, lanes.pack(eachLane(lanes, (lane) => load(scalar, lane))));
  }

  #scatter(round: Round, { updates, indices, out, target }: Scatter): void {
    const { lanes } = round;
    const { f } = lanes;
    const value = this.#read(round, updates).number;
    const index = this.#read(round, indices).number;
    const { local, offset } = this.#at(round, out);
    const stride = strideOf(out);
    const addAt = (own: Lanes, amount: Local, lane: number): void => {
      const add = (): void => {
        const address = this.#indexed(lanes, index, lane, { ...target, isSafe: true }, local);
        const place = offset + lane * stride * lanes.size;
        own.store(address, place, own.add(own.load(address, place), amount));
      };
      if (target.isSafe) add();
      else f.get(this.#index(lanes, index, lane)).i32(target.size).op('i32.lt_u').if(add);
    };
    if (lanes.count === 1 || (this.#isUniform(indices) && stride === 1)) {
      addAt(lanes, value, 0);
      return;
    }
    const scalar = new ScalarLanes(f, lanes.precision);
    eachLane(lanes, (lane) => addAt(scalar, lanes.extract(value, lane), lane));
  }

  #isUniform(source: Source): boolean {
    return source.kind === 'constant' || (source.kind === 'memory' && strideOf(source.walk) === 0);
  }

  /** The index in one lane, as an i32. */
  #index(lanes: Lanes, index: Local, lane: number): Local {
    const { f } = lanes;
    const scalar = lanes.extract(index, lane);
    f.get(scalar).op(lanes.precision === 'float64' ? 'i32.trunc_sat_f64_s' : 'i32.trunc_sat_f32_s');
    const result = f.local('i32');
    f.set(result);
    return result;
  }

  /** `local` and `more` plus the bytes that the index in one lane skips; one that may be out of range is moved into it. */
  #indexed(lanes: Lanes, index: Local, lane: number, { stride, size, isSafe }: IndexedAxis, local: Local, more: number = 0): Local {
    const { f } = lanes;
    const whole = this.#index(lanes, index, lane);
    if (!isSafe) {
      f.i32(0).get(whole).get(whole).i32(0).op('i32.lt_s').op('select').set(whole);
      f.i32(size - 1).get(whole).get(whole).i32(size).op('i32.ge_s').op('select').set(whole);
    }
    f.get(whole).i32(stride * lanes.size).op('i32.mul').get(local).op('i32.add');
    if (more !== 0) f.i32(more).op('i32.add');
    const result = f.local('i32');
    f.set(result);
    return result;
  }
}

/** Along the innermost axis. */
function strideOf({ strides }: Walk): number {
  return at(strides, strides.length - 1);
}

function eachLane<T>(lanes: Lanes, body: (lane: number) => T): T[] {
  return Array.from({ length: lanes.count }, (_, lane) => body(lane));
}

function known(value: Held | undefined): Held {
  if (value === undefined) throw new Error('a value was read before it was computed');
  return value;
}
