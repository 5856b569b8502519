/** @file Arithmetic on one, two or four numbers at once, written the same way for all. */
import type { FunctionBuilder, Local, ValueType } from '../encode/functionBuilder.ts';

/** What a program computes in. */
export type Precision = 'float64' | 'float32';

/** A local that holds a truth value a lane: an i32 for one lane, a vector of all-ones or all-zeros lanes for several. */
export type Mask = Local;

/**
 * Arithmetic in three-address form: operands and results are locals, every result is a new one. The same code generator
 * then serves one number (`f64`, `f32`) and several (`f64x2`, `f32x4`).
 */
export interface Lanes {
  readonly f: FunctionBuilder;
  readonly precision: Precision;
  /** How many numbers a value holds. */
  readonly count: 1 | 2 | 4;
  /** The type of a value. */
  readonly type: ValueType;
  /** The type of a mask. */
  readonly maskType: ValueType;
  /** Bytes of one number. */
  readonly size: 4 | 8;

  /** All lanes equal to `x`. */
  constant(x: number): Local;
  add(a: Local, b: Local): Local;
  sub(a: Local, b: Local): Local;
  mul(a: Local, b: Local): Local;
  div(a: Local, b: Local): Local;
  /** NaN if either is. */
  min(a: Local, b: Local): Local;
  /** NaN if either is. */
  max(a: Local, b: Local): Local;
  neg(a: Local): Local;
  abs(a: Local): Local;
  sqrt(a: Local): Local;
  floor(a: Local): Local;
  ceil(a: Local): Local;
  trunc(a: Local): Local;
  /** To whole numbers, halves to even. */
  nearest(a: Local): Local;
  /** `a * b + c`; rounded once where relaxed SIMD is used, else twice. */
  mulAdd(a: Local, b: Local, c: Local): Local;

  eq(a: Local, b: Local): Mask;
  ne(a: Local, b: Local): Mask;
  lt(a: Local, b: Local): Mask;
  le(a: Local, b: Local): Mask;
  and(a: Mask, b: Mask): Mask;
  or(a: Mask, b: Mask): Mask;
  not(a: Mask): Mask;
  /** `a` where the mask holds, else `b`. */
  select(mask: Mask, a: Local, b: Local): Local;
  /** 1 where the mask holds, else 0. */
  fromMask(mask: Mask): Local;
  /** Where `a` is not 0. */
  toMask(a: Local): Mask;

  /** Neighbours in memory from `address + offset` on. */
  load(address: Local, offset: number): Local;
  /** The number at `address + offset` in every lane. */
  loadSplat(address: Local, offset: number): Local;
  store(address: Local, offset: number, value: Local): void;
  /** The number of this lane, as a scalar of the precision (`f64` or `f32`). */
  extract(value: Local, lane: number): Local;
  /** A scalar of the precision in every lane. */
  splat(scalar: Local): Local;
  /** A value from scalars, one a lane. */
  pack(scalars: readonly Local[]): Local;
}
