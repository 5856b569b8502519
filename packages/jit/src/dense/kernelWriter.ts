/** @file What dense kernels are written with: pointers, counted loops, whole vectors and parts of them. */
import type { FunctionBuilder, Local } from '../wasm/encode/functionBuilder.ts';
import type { Precision } from '../wasm/lanes/lanes.ts';
import { ScalarLanes } from '../wasm/lanes/scalar.ts';
import { VectorLanes } from '../wasm/lanes/vector.ts';
import { splatOfNumber } from '../wasm/math/vectorConstants.ts';

/** Bytes of a vector. */
export const VECTOR_BYTES = 16;

/** Instructions on two vectors that both precisions have; `pmax` is `a < b ? b : a`. */
type VectorOp = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'pmax';

/** Writes a function over arrays of one precision. Pointers are locals that hold addresses in bytes. */
export class KernelWriter {
  readonly f: FunctionBuilder;
  readonly precision: Precision;
  /** Vectors in three-address form. */
  readonly vector: VectorLanes;
  /** Single numbers in three-address form. */
  readonly scalar: ScalarLanes;
  /** Bytes of an element. */
  readonly size: 4 | 8;
  /** Elements of a vector. */
  readonly count: 2 | 4;
  readonly #shape: 'f32x4' | 'f64x2';
  readonly #relaxed: boolean;

  constructor(f: FunctionBuilder, precision: Precision, relaxedSimd: boolean) {
    this.f = f;
    this.precision = precision;
    this.vector = new VectorLanes(f, precision, relaxedSimd);
    this.scalar = new ScalarLanes(f, precision);
    this.size = precision === 'float64' ? 8 : 4;
    this.count = precision === 'float64' ? 2 : 4;
    this.#shape = precision === 'float64' ? 'f64x2' : 'f32x4';
    this.#relaxed = relaxedSimd;
  }

  /** A new pointer, `bytes` past another. */
  pointer(base: Local, bytes: number = 0): Local {
    const local = this.f.local('i32');
    this.f.get(base);
    if (bytes !== 0) this.f.i32(bytes).op('i32.add');
    this.f.set(local);
    return local;
  }

  /** Makes `pointer` point where `base` does. */
  assign(pointer: Local, base: Local): void {
    this.f.get(base).set(pointer);
  }

  /** Moves a pointer by so many bytes. */
  move(pointer: Local, bytes: number): void {
    if (bytes !== 0) this.f.increment(pointer, bytes);
  }

  /** Gives i32 locals back. */
  release(...locals: readonly Local[]): void {
    this.f.release('i32', ...locals);
  }

  /** Runs `body` so many times. */
  times(count: number, body: () => void): void {
    if (count <= 0) return;
    if (count === 1) {
      body();
      return;
    }
    const counter = this.f.local('i32');
    this.f.i32(count).set(counter);
    this.#untilZero(counter, body);
    this.release(counter);
  }

  /** Runs `body` as often as a local says, which is 0 afterwards; not at all if it is not positive. */
  countDown(counter: Local, body: () => void): void {
    this.f.get(counter).i32(0).op('i32.gt_s').if(() => this.#untilZero(counter, body));
  }

  /** Calls another kernel. */
  call(index: number, ...args: readonly Local[]): void {
    for (const arg of args) this.f.get(arg);
    this.f.call(index);
  }

  /** A new vector local, all lanes equal to `value`. */
  variable(value: number = 0): Local {
    const local = this.f.local('v128');
    this.f[this.#shape](value).set(local);
    return local;
  }

  /** A constant in all lanes, which must not be set; in loops it is made before the outermost. */
  constant(value: number): Local {
    const bytes = splatOfNumber(this.precision, value);
    const hoisted = this.f.hoisted(bytes);
    if (hoisted !== undefined) return hoisted;
    const local = this.f.local('v128');
    this.f.v128(bytes).set(local);
    return local;
  }

  /** `target = a op b`; for sums that are carried round loops, where `vector` would make new locals. */
  into(target: Local, op: VectorOp, a: Local, b: Local): void {
    this.f.get(a).get(b).op(`${this.#shape}.${op}`).set(target);
  }

  /** `target += a * b`. */
  accumulate(target: Local, a: Local, b: Local): void {
    const { f } = this;
    if (this.#relaxed) f.get(a).get(b).get(target).op(`${this.#shape}.relaxed_madd`).set(target);
    else f.get(target).get(a).get(b).op(`${this.#shape}.mul`).op(`${this.#shape}.add`).set(target);
  }

  /** `target` = the vector at `pointer + offset`. */
  loadInto(target: Local, pointer: Local, offset: number): void {
    this.f.get(pointer).memory('v128.load', offset).set(target);
  }

  /** `target` = the number at `pointer + offset`, in all lanes. */
  splatInto(target: Local, pointer: Local, offset: number): void {
    this.f.get(pointer).memory(this.size === 8 ? 'v128.load64_splat' : 'v128.load32_splat', offset).set(target);
  }

  /** The first `lanes` numbers at `pointer + offset`, zeros behind them. */
  loadPart(pointer: Local, offset: number, lanes: number): Local {
    if (lanes >= this.count) return this.vector.load(pointer, offset);
    const { f } = this;
    const result = f.local('v128');
    f.get(pointer).memory(this.size * lanes === 4 ? 'v128.load32_zero' : 'v128.load64_zero', offset).set(result);
    if (this.size * lanes === 12) f.get(pointer).get(result).laneMemory('v128.load32_lane', offset + 8, 2).set(result);
    return result;
  }

  /**
   * `target` = the first `lanes` numbers at `pointer + offset`, with anything behind them. No more is read than must be, if
   * one instruction can: a machine reads what it has just stored faster than more than that.
   */
  loadFewInto(target: Local, pointer: Local, offset: number, lanes: number): void {
    const bytes = this.size * lanes;
    const name = bytes === 4 ? 'v128.load32_zero' : bytes === 8 ? 'v128.load64_zero' : 'v128.load';
    this.f.get(pointer).memory(name, offset).set(target);
  }

  /** Stores the first `lanes` numbers of `value`; what is behind them in memory stays as it is. */
  storePart(pointer: Local, offset: number, value: Local, lanes: number): void {
    const { f } = this;
    if (lanes >= this.count) {
      this.vector.store(pointer, offset, value);
      return;
    }
    const bytes = this.size * lanes;
    if (bytes >= 8) f.get(pointer).get(value).laneMemory('v128.store64_lane', offset, 0);
    if (bytes % 8 === 4) f.get(pointer).get(value).laneMemory('v128.store32_lane', offset + bytes - 4, bytes / 4 - 1);
  }

  /** Elements of two vectors, by number: those of `a` first, then those of `b`. */
  shuffle(a: Local, b: Local, elements: readonly number[]): Local {
    const bytes = elements.flatMap((element) => Array.from({ length: this.size }, (_, i) => element * this.size + i));
    this.f.get(a).get(b).shuffle(bytes);
    const result = this.f.local('v128');
    this.f.set(result);
    return result;
  }

  #untilZero(counter: Local, body: () => void): void {
    this.f.loop((again) => {
      body();
      this.f.get(counter).i32(1).op('i32.sub').tee(counter).brIf(again);
    });
  }
}
