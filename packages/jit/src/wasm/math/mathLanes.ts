/** @file Vectors with what elementary functions need beyond arithmetic: access to the bits, and polynomials. */
import type { FunctionBuilder, Local } from '../encode/functionBuilder.ts';
import type { PlainOp } from '../encode/opcodes.ts';
import type { Mask, Precision } from '../lanes/lanes.ts';
import { VectorLanes } from '../lanes/vector.ts';
import { splatOfBits, splatOfNumber } from './vectorConstants.ts';

/** Calls the named function on vectors, lane by lane at worst. */
export type Call = (name: string, args: readonly Local[]) => Local;

/** What the functions of a module are written with. */
export interface Surroundings {
  readonly relaxedSimd: boolean;
  /** Asks the host for a function, lane by lane. */
  readonly host: Call;
  /** Calls a function of the module's own. */
  readonly call: Call;
  /** Where a vector constant stands in memory, by the identity of its bytes; undefined if it is to be written into the code. */
  readonly place: (bytes: Uint8Array) => number | undefined;
}

/** A value for each precision. */
export type ByPrecision<T> = Readonly<Record<Precision, T>>;

/** Bytes for a shuffle: the upper half of the first vector in the lower half; the lower halves of two, joined. */
const UPPER_HALF: readonly number[] = Array.from({ length: 16 }, (_, i) => 8 + (i % 8));
const LOWER_HALVES: readonly number[] = Array.from({ length: 16 }, (_, i) => (i < 8 ? i : 8 + i));

/** Bytes 0 to 3 of every float64 lane. */
const LOW_WORDS: readonly number[] = Array.from({ length: 16 }, (_, i) => 8 * Math.floor(i / 4) + (i % 4));

/** Vector arithmetic together with what the bits of floats are. */
export class MathLanes extends VectorLanes {
  /** Bits of the fraction: 52 or 23. */
  readonly fractionBits: number;
  /** 2^exponent is the first power of two that is infinite: 1024 or 128. */
  readonly exponentEnd: number;
  /** The greatest finite number. */
  readonly greatest: number;
  /** 1.5 * 2^fractionBits: a number near 0 that is added to it is rounded to a whole one, which stands in the low bits. */
  readonly magic: number;
  readonly #surroundings: Surroundings;
  readonly #integer: 'i32x4' | 'i64x2';
  /** Inside of code that seldom runs, whose constants would only take registers from what runs always. */
  #isRare = false;
  readonly #float: 'f32x4' | 'f64x2';

  constructor(f: FunctionBuilder, precision: Precision, surroundings: Surroundings) {
    super(f, precision, surroundings.relaxedSimd);
    this.#surroundings = surroundings;
    const double = precision === 'float64';
    this.fractionBits = double ? 52 : 23;
    this.exponentEnd = double ? 1024 : 128;
    this.greatest = double ? Number.MAX_VALUE : 3.4028234663852886e38;
    this.magic = 1.5 * 2 ** this.fractionBits;
    this.#integer = double ? 'i64x2' : 'i32x4';
    this.#float = double ? 'f64x2' : 'f32x4';
  }

  /** Asks the host for a function, lane by lane. */
  host(name: string, args: readonly Local[]): Local {
    return this.#surroundings.host(name, args);
  }

  /** Calls a function of this module's own. */
  call(name: string, args: readonly Local[]): Local {
    return this.#surroundings.call(name, args);
  }

  /** The one that belongs to the precision. */
  pick<T>(values: ByPrecision<T>): T {
    return values[this.precision];
  }

  /** `a * b` for a number b. */
  times(a: Local, b: number): Local {
    return this.mul(a, this.constant(b));
  }

  /** `a + b` for a number b. */
  plus(a: Local, b: number): Local {
    return this.add(a, this.constant(b));
  }

  /** `b` where it is less than `a`, else `a`, NaN included. One instruction, which {@link min} is not. */
  atMost(a: Local, b: number): Local {
    const bound = this.constant(b);
    return this.#op(`${this.#float}.pmin`, a, bound);
  }

  /** `b` where it is greater than `a`, else `a`, NaN included. */
  atLeast(a: Local, b: number): Local {
    const bound = this.constant(b);
    return this.#op(`${this.#float}.pmax`, a, bound);
  }

  /** All lanes equal to `x`, which is not -0; inside of loops a local set before them, not to be set again. */
  override constant(x: number): Local {
    return this.#constant(splatOfNumber(this.precision, x));
  }

  /** A pattern of bits in every lane. */
  bits(pattern: bigint): Local {
    return this.#constant(splatOfBits(this.precision, pattern));
  }

  /** The sign bit alone. */
  signBit(): Local {
    return this.bits(1n << BigInt(8 * this.size - 1));
  }

  bitAnd(a: Local, b: Local): Local {
    return this.#op('v128.and', a, b);
  }

  /** `a & ~b`. */
  bitAndNot(a: Local, b: Local): Local {
    return this.#op('v128.andnot', a, b);
  }

  bitOr(a: Local, b: Local): Local {
    return this.#op('v128.or', a, b);
  }

  bitXor(a: Local, b: Local): Local {
    return this.#op('v128.xor', a, b);
  }

  /** Sum of the bit patterns as whole numbers. */
  bitAdd(a: Local, b: Local): Local {
    return this.#op(`${this.#integer}.add`, a, b);
  }

  /** Difference of the bit patterns as whole numbers. */
  bitSub(a: Local, b: Local): Local {
    return this.#op(`${this.#integer}.sub`, a, b);
  }

  shiftLeft(a: Local, bits: number): Local {
    return this.keep(() => this.f.get(a).i32(bits).op(`${this.#integer}.shl`));
  }

  /** Zeros come in from the left. */
  shiftRight(a: Local, bits: number): Local {
    return this.keep(() => this.f.get(a).i32(bits).op(`${this.#integer}.shr_u`));
  }

  /** Lanes whose bits are equal. */
  bitEqual(a: Local, b: Local): Mask {
    return this.#op(`${this.#integer}.eq`, a, b);
  }

  /** The first 26 bits (float32: 12): products of two such numbers are exact. */
  cut(a: Local): Local {
    return this.bitAnd(a, this.bits(-1n << (this.size === 8 ? 27n : 12n)));
  }

  /** `value` where the mask holds, else +0. */
  only(mask: Mask, value: Local): Local {
    return this.bitAnd(mask, value);
  }

  /** `magnitude`, which must not be negative, with the sign of `sign`. */
  withSignOf(magnitude: Local, sign: Local): Local {
    return this.bitOr(magnitude, this.bitAnd(sign, this.signBit()));
  }

  /** 2^k, where the low bits of `shifted` are k: the exponent must be that of a normal number. */
  powerOfTwo(shifted: Local): Local {
    return this.bitAdd(this.shiftLeft(shifted, this.fractionBits), this.constant(1));
  }

  /** c[0] + c[1] x + c[2] x^2 + ..., by Estrin's scheme, whose chain of dependent instructions is short. */
  polynomial(x: Local, squared: Local, coefficients: readonly number[]): Local {
    let terms = coefficients.map((c) => this.constant(c));
    for (let power = x; terms.length > 1; ) {
      const pairs: Local[] = [];
      for (let i = 0; i < terms.length; i += 2) {
        const [low, high] = terms.slice(i, i + 2);
        if (low !== undefined) pairs.push(high === undefined ? low : this.mulAdd(power, high, low));
      }
      terms = pairs;
      if (terms.length > 1) power = power === x ? squared : this.mul(power, power);
    }
    return terms[0] ?? this.constant(0);
  }

  /** Lanes outside of the normal numbers above 0: by the order of the bits, zeros, subnormal and negative numbers, Infinity, NaN. */
  exceptional(x: Local): Mask {
    const least = this.constant(2 ** (2 - this.exponentEnd));
    return this.bitOr(this.#op(`${this.#integer}.gt_s`, least, x), this.#op(`${this.#integer}.gt_s`, x, this.constant(this.greatest)));
  }

  /** Whether the mask holds in some lane: an i32. */
  any(mask: Mask): Local {
    return this.keep(() => this.f.get(mask).op('v128.any_true'), 'i32');
  }

  /** `value`, or if the condition (an i32) holds what `write` makes of it, by code that runs only then. */
  unless(condition: Local, value: Local, write: (value: Local) => Local): Local {
    const result = this.keep(() => this.f.get(value));
    this.f.get(condition).if(() => {
      this.#isRare = true;
      this.f.get(write(value)).set(result);
      this.#isRare = false;
    });
    return result;
  }

  /**
   * `value`, replaced by another where the mask holds.
   *
   * @param write - writes the other's code, which runs only if the mask holds in some lane.
   */
  whereAny(mask: Mask, value: Local, write: () => Local): Local {
    return this.partsWhereAny(mask, { value }, () => ({ value: write() })).value;
  }

  /** The same for several values at once, by name. */
  partsWhereAny<Parts extends Readonly<Record<string, Local>>>(mask: Mask, parts: Parts, write: () => Parts): Parts {
    const results = Object.entries(parts).map(([name, part]) => [name, this.keep(() => this.f.get(part))] as const);
    this.f.get(this.any(mask)).if(() => {
      const others: Readonly<Record<string, Local>> = write();
      for (const [name, result] of results) {
        this.f.get(this.select(mask, others[name] ?? result, result)).set(result);
      }
    });
    return Object.fromEntries(results) as Parts;
  }

  /**
   * Float32 vectors computed by a function of float64 vectors, two lanes at a time.
   *
   * @param write - writes the code for two lanes.
   */
  inDouble(args: readonly Local[], write: (halves: readonly Local[]) => Local): Local {
    const low = write(args.map((arg) => this.#lowHalf(arg)));
    const high = write(args.map((arg) => this.#highHalf(arg)));
    return this.#narrowed(low, high);
  }

  /**
   * Like {@link inDouble}, for a function with two results: of the first the low 32 bits of each lane are kept, the second is
   * rounded to float32.
   */
  throughDouble(x: Local, write: (double: MathLanes, half: Local) => readonly [Local, Local]): readonly [Local, Local] {
    const double = new MathLanes(this.f, 'float64', this.#surroundings);
    const low = write(double, this.#lowHalf(x));
    const high = write(double, this.#highHalf(x));
    return [this.keep(() => this.f.get(low[0]).get(high[0]).shuffle(LOW_WORDS)), this.#narrowed(low[1], high[1])];
  }

  /** Four float32 lanes as two vectors of float64. */
  widened(x: Local): readonly [Local, Local] {
    return [this.#lowHalf(x), this.#highHalf(x)];
  }

  /** The low two of four float32 lanes, widened. */
  #lowHalf(x: Local): Local {
    return this.keep(() => this.f.get(x).op('f64x2.promote_low_f32x4'));
  }

  #highHalf(x: Local): Local {
    return this.keep(() => this.f.get(x).get(x).shuffle(UPPER_HALF).op('f64x2.promote_low_f32x4'));
  }

  #narrowed(low: Local, high: Local): Local {
    return this.keep(() => {
      this.f.get(low).op('f32x4.demote_f64x2_zero').get(high).op('f32x4.demote_f64x2_zero').shuffle(LOWER_HALVES);
    });
  }

  #constant(bytes: Uint8Array): Local {
    const local = this.#isRare ? undefined : this.f.hoisted(bytes);
    if (local !== undefined) return local;
    // A load is one instruction to the machine, a constant in the code three.
    const address = this.#surroundings.place(bytes);
    return this.keep(() => (address === undefined ? this.f.v128(bytes) : this.f.i32(0).memory('v128.load', address)));
  }

  #op(name: PlainOp, a: Local, b: Local): Local {
    return this.keep(() => this.f.get(a).get(b).op(name));
  }
}
