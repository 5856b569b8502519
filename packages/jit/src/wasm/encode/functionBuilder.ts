/** @file One WebAssembly function, written instruction by instruction. */
import { ByteWriter } from './byteWriter.ts';
import type { LaneMemoryOp, LaneOp, MemoryOp, PlainOp } from './opcodes.ts';
import { laneOp, memoryOp, PLAIN_BYTES, SIMD_PREFIX } from './opcodes.ts';

/** What a local, a parameter or a result may be. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** The types of a function. */
export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A local variable or a parameter of the function being written. */
export type Local = number & { readonly local: unique symbol };

/** Where a branch leads: the end of a block, the start of a loop. */
export interface Label {
  readonly depth: number;
}

/** Bytes of the value types in the binary format. */
export const TYPE_BYTES: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

const EMPTY = 0x40;

/**
 * Writes a function's body. Methods append one instruction each and give `this`, so that they chain; structured
 * instructions take what is inside them as a callback.
 */
export class FunctionBuilder {
  readonly type: FunctionType;
  #code = new ByteWriter();
  readonly #locals: ValueType[] = [];
  /** Locals given back, by type, and for each local whether it is among them. */
  readonly #free: Record<ValueType, Local[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  readonly #isFree: boolean[] = [];
  #depth = 0;
  /** The vector constants of the outermost loop that is being written; undefined outside of loops. */
  #hoisted: Map<Uint8Array, Local> | undefined;
  /** Locals for such constants, which nothing else uses: what is set in a loop must not be a constant of it. */
  readonly #constantLocals: Local[] = [];
  /** Locals of the innermost {@link scoped}. */
  #taken: [ValueType, Local][] = [];

  constructor(type: FunctionType) {
    this.type = type;
  }

  /** The parameter at this place. */
  param(index: number): Local {
    return index as Local;
  }

  /** A new local variable, zero at first; one given back by {@link release} may be used again with its old value. */
  local(type: ValueType): Local {
    const local = this.#free[type].pop() ?? ((this.type.params.length + this.#locals.push(type) - 1) as Local);
    this.#isFree[local] = false;
    this.#taken.push([type, local]);
    return local;
  }

  /** Runs `body` and gives back all locals that it made. */
  scoped(body: () => void): this {
    const outer = this.#taken;
    const own: [ValueType, Local][] = [];
    this.#taken = own;
    body();
    this.#taken = outer;
    for (const [type, local] of own) this.release(type, local);
    return this;
  }

  /** Gives locals back, to be used for something else of their type; giving one back twice does no harm. */
  release(type: ValueType, ...locals: readonly Local[]): void {
    for (const local of locals) {
      if (this.#isFree[local] === true) continue;
      this.#isFree[local] = true;
      this.#free[type].push(local);
    }
  }

  get(local: Local): this {
    this.#code.byte(0x20);
    this.#code.unsigned(local);
    return this;
  }

  set(local: Local): this {
    this.#code.byte(0x21);
    this.#code.unsigned(local);
    return this;
  }

  tee(local: Local): this {
    this.#code.byte(0x22);
    this.#code.unsigned(local);
    return this;
  }

  /** An instruction that takes everything from the stack. */
  op(name: PlainOp): this {
    this.#code.bytes(PLAIN_BYTES.get(name) ?? []);
    return this;
  }

  i32(value: number): this {
    this.#code.byte(0x41);
    this.#code.signed(value);
    return this;
  }

  i64(value: bigint): this {
    this.#code.byte(0x42);
    this.#code.signed64(value);
    return this;
  }

  f32(value: number): this {
    this.#code.byte(0x43);
    this.#code.float32(value);
    return this;
  }

  f64(value: number): this {
    this.#code.byte(0x44);
    this.#code.float64(value);
    return this;
  }

  /** A vector of two equal floats. */
  f64x2(value: number): this {
    this.#code.bytes([SIMD_PREFIX, 0x0c]);
    for (let i = 0; i < 2; i++) this.#code.float64(value);
    return this;
  }

  /** A vector of four equal floats. */
  f32x4(value: number): this {
    this.#code.bytes([SIMD_PREFIX, 0x0c]);
    for (let i = 0; i < 4; i++) this.#code.float32(value);
    return this;
  }

  /** A vector from its sixteen bytes. */
  v128(bytes: ArrayLike<number>): this {
    this.#code.bytes([SIMD_PREFIX, 0x0c]);
    this.#code.bytes(bytes);
    return this;
  }

  /** Bytes of two vectors, by number: 0 to 15 of the first, 16 to 31 of the second. */
  shuffle(lanes: readonly number[]): this {
    this.#code.bytes([SIMD_PREFIX, 0x0d, ...lanes]);
    return this;
  }

  /** A load or store; the address is on the stack, `offset` bytes are added to it. */
  memory(name: MemoryOp, offset: number = 0): this {
    const [bytes, size] = memoryOp(name);
    this.#memoryAccess(bytes, size, offset);
    return this;
  }

  /** A load into, or store from, one lane of a vector. */
  laneMemory(name: LaneMemoryOp, offset: number, lane: number): this {
    const [bytes, size] = memoryOp(name);
    this.#memoryAccess(bytes, size, offset);
    this.#code.byte(lane);
    return this;
  }

  /** Reads or replaces a lane. */
  lane(name: LaneOp, lane: number): this {
    this.#code.bytes(laneOp(name));
    this.#code.byte(lane);
    return this;
  }

  call(functionIndex: number): this {
    this.#code.byte(0x10);
    this.#code.unsigned(functionIndex);
    return this;
  }

  /** `memory.fill`: address, byte and length are on the stack. */
  memoryFill(): this {
    this.#code.bytes([0xfc, 11, 0]);
    return this;
  }

  /** `memory.copy`: target, source and length are on the stack. */
  memoryCopy(): this {
    this.#code.bytes([0xfc, 10, 0, 0]);
    return this;
  }

  /** A block; a branch to its label leaves it. With a `result`, the body leaves one value. */
  block(body: (label: Label) => void, result?: ValueType): this {
    return this.#nested(0x02, result, body);
  }

  /** A loop; a branch to its label starts it again. */
  loop(body: (label: Label) => void): this {
    if (this.#hoisted !== undefined) return this.#nested(0x03, undefined, body);
    const before = this.#code;
    const constants = new Map<Uint8Array, Local>();
    this.#hoisted = constants;
    this.#code = new ByteWriter();
    this.#nested(0x03, undefined, body);
    const written = this.#code.toBytes();
    this.#hoisted = undefined;
    this.#code = before;
    for (const [bytes, local] of constants) this.v128(bytes).set(local);
    this.#code.bytes(written);
    this.#constantLocals.push(...constants.values());
    return this;
  }

  /**
   * A local that holds these sixteen bytes, for use inside of a loop: it is set once, before the outermost loop, as newer
   * engines do not take constants out of loops themselves. It must not be set again.
   *
   * @param bytes - the same array for the same constant.
   * @returns undefined outside of loops.
   */
  hoisted(bytes: Uint8Array): Local | undefined {
    if (this.#hoisted === undefined) return undefined;
    let local = this.#hoisted.get(bytes);
    if (local === undefined) {
      local = this.#constantLocals.pop() ?? ((this.type.params.length + this.#locals.push('v128') - 1) as Local);
      this.#hoisted.set(bytes, local);
    }
    return local;
  }

  /** The condition is on the stack. */
  if(then: (label: Label) => void, otherwise?: (label: Label) => void, result?: ValueType): this {
    return this.#nested(0x04, result, then, otherwise);
  }

  br(label: Label): this {
    return this.#branch(0x0c, label);
  }

  brIf(label: Label): this {
    return this.#branch(0x0d, label);
  }

  /** `local += amount` on an i32. */
  increment(local: Local, amount: number): this {
    return this.get(local).i32(amount).op('i32.add').set(local);
  }

  /**
   * Runs `body` for `counter` = `begin`, `begin + step`, ... while below `end`; nothing when there is no such number. Whole
   * numbers known in advance make the first check unnecessary.
   */
  forRange(counter: Local, begin: number, end: number, step: number, body: () => void): this {
    if (begin >= end) return this;
    this.i32(begin).set(counter);
    return this.loop((again) => {
      body();
      this.get(counter).i32(step).op('i32.add').tee(counter).i32(end).op('i32.lt_s').brIf(again);
    });
  }

  /** Locals and code, as they stand in the code section. */
  toBytes(): Uint8Array {
    const out = new ByteWriter();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    out.unsigned(runs.length);
    for (const { type, count } of runs) {
      out.unsigned(count);
      out.byte(TYPE_BYTES[type]);
    }
    out.bytes(this.#code.toBytes());
    out.byte(0x0b);
    return out.toBytes();
  }

  /** The size of the code so far, in bytes. */
  get size(): number {
    return this.#code.length;
  }

  #memoryAccess(bytes: readonly number[], size: number, offset: number): void {
    this.#code.bytes(bytes);
    // Alignments are hints; that of the element is always true here.
    this.#code.unsigned(Math.min(3, Math.log2(size)));
    this.#code.unsigned(offset);
  }

  #nested(
    opcode: number,
    result: ValueType | undefined,
    body: (label: Label) => void,
    otherwise?: (label: Label) => void,
  ): this {
    this.#code.byte(opcode);
    this.#code.byte(result === undefined ? EMPTY : TYPE_BYTES[result]);
    this.#depth++;
    const label = { depth: this.#depth };
    body(label);
    if (otherwise) {
      this.#code.byte(0x05);
      otherwise(label);
    }
    this.#depth--;
    this.#code.byte(0x0b);
    return this;
  }

  #branch(opcode: number, label: Label): this {
    this.#code.byte(opcode);
    this.#code.unsigned(this.#depth - label.depth);
    return this;
  }
}
