/** @file Vectors with what elementary functions need beyond arithmetic: access to the bits, and polynomials. */
import type { FunctionBuilder, Local } from '../encode/functionBuilder.ts';
import type { PlainOp } from '../encode/opcodes.ts';
import type { Mask, Precision } from '../lanes/lanes.ts';
import { VectorLanes } from '../lanes/vector.ts';

/** Calls the named function on vectors, lane by lane at worst. */
export type Call = (name: string, args: readonly Local[]) => Local;

/** A value for each precision. */
export type ByPrecision<T> = Readonly<Record<Precision, T>>;

/** Bytes for a shuffle: the upper half of the first vector in the lower half; the lower halves of two, joined. */
const UPPER_HALF: readonly number[] = Array.from({ length: 16 }, (_, i) => 8 + (i % 8));
const LOWER_HALVES: readonly number[] = Array.from({ length: 16 }, (_, i) => (i < 8 ? i : 8 + i));

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
  /** Asks the host for a function, lane by lane. */
  readonly host: Call;
  /** Calls a function of this module's own. */
  readonly call: Call;
  readonly #integer: 'i32x4' | 'i64x2';
  readonly #float: 'f32x4' | 'f64x2';

  constructor(f: FunctionBuilder, precision: Precision, relaxed: boolean, calls: { readonly host: Call; readonly own: Call }) {
    super(f, precision, relaxed);
    const double = precision === 'float64';
    this.fractionBits = double ? 52 : 23;
    this.exponentEnd = double ? 1024 : 128;
    this.greatest = double ? Number.MAX_VALUE : 3.4028234663852886e38;
    this.magic = 1.5 * 2 ** this.fractionBits;
    this.#integer = double ? 'i64x2' : 'i32x4';
    this.#float = double ? 'f64x2' : 'f32x4';
    this.host = calls.host;
    this.call = calls.own;
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

  /** A pattern of bits in every lane. */
  bits(pattern: bigint): Local {
    const bytes = new DataView(new ArrayBuffer(16));
    for (let lane = 0; lane < this.count; lane++) {
      if (this.size === 8) bytes.setBigUint64(8 * lane, BigInt.asUintN(64, pattern), true);
      else bytes.setUint32(4 * lane, Number(BigInt.asUintN(32, pattern)), true);
    }
    return this.keep(() => this.f.v128(new Uint8Array(bytes.buffer)));
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

  /**
   * c[0] + c[1] x + c[2] x^2 + ..., the even and the odd powers apart, which halves the chain of dependent instructions.
   */
  polynomial(x: Local, squared: Local, coefficients: readonly number[]): Local {
    const even = coefficients.filter((_, power) => power % 2 === 0);
    const odd = coefficients.filter((_, power) => power % 2 === 1);
    if (odd.length === 0) return this.horner(squared, even);
    return this.mulAdd(x, this.horner(squared, odd), this.horner(squared, even));
  }

  /** The same by Horner's rule. */
  horner(x: Local, coefficients: readonly number[]): Local {
    const [last = 0, ...rest] = coefficients.toReversed();
    let sum = this.constant(last);
    for (const c of rest) sum = this.mulAdd(x, sum, this.constant(c));
    return sum;
  }

  /** A function of float32 vectors computed by one of float64 vectors, two lanes at a time. */
  inDouble(args: readonly Local[], write: (doubles: readonly Local[]) => Local): Local {
    const { f } = this;
    const low = write(args.map((arg) => this.keep(() => f.get(arg).op('f64x2.promote_low_f32x4'))));
    const upper = args.map((arg) => this.keep(() => f.get(arg).get(arg).shuffle(UPPER_HALF).op('f64x2.promote_low_f32x4')));
    const high = write(upper);
    return this.keep(() => {
      f.get(low).op('f32x4.demote_f64x2_zero').get(high).op('f32x4.demote_f64x2_zero').shuffle(LOWER_HALVES);
    });
  }

  #op(name: PlainOp, a: Local, b: Local): Local {
    return this.keep(() => this.f.get(a).get(b).op(name));
  }
}
