/** @file The number that was meant by a float32. */
import { at } from '../graph/shape.ts';

/** Numbers that nobody writes in decimals. */
const NAMED: readonly number[] = [
  Math.PI,
  2 * Math.PI,
  Math.PI / 2,
  1 / Math.PI,
  2 / Math.PI,
  Math.PI ** 2,
  Math.sqrt(Math.PI),
  Math.sqrt(2 * Math.PI),
  1 / Math.sqrt(2 * Math.PI),
  2 / Math.sqrt(Math.PI),
  Math.log(Math.PI),
  Math.log(2 * Math.PI),
  Math.log(Math.PI) / 2,
  Math.log(2 * Math.PI) / 2,
  Math.log(2 / Math.PI),
  Math.E,
  Math.LN2,
  Math.LN10,
  Math.LOG2E,
  Math.LOG10E,
  Math.SQRT2,
  Math.SQRT1_2,
  1 / 3,
  2 / 3,
];

const BY_FLOAT32: ReadonlyMap<number, number> = new Map(NAMED.flatMap((x) => [[Math.fround(x), x], [Math.fround(-x), -x]]));

/** How many decimals are tried before the slower way: up to here the powers of ten are exact. */
const DECIMALS = 15;

/** Digits that tell any two float32 apart. */
const SIGNIFICANT = 9;

/**
 * The float64 that was most likely meant by the float32 `x`: π and its like, else a whole number, else the shortest decimal
 * number that rounds to `x`. So 0.1, which tfjs stores as 0.10000000149, is 0.1 again; and whatever was meant, the answer is no further from
 * `x` than float32 rounding is.
 */
export function intended(x: number): number {
  if (Number.isSafeInteger(x)) return x;
  const known = BY_FLOAT32.get(x);
  if (known !== undefined || !Number.isFinite(x)) return known ?? x;
  let scale = 1;
  // Beyond 2^53 every number is whole.
  for (let decimals = 1; decimals <= DECIMALS && Math.abs(x) < 2 ** 53; decimals++) {
    scale *= 10;
    const candidate = Math.round(x * scale) / scale;
    if (Math.fround(candidate) === x) return candidate;
  }
  for (let digits = 1; digits < SIGNIFICANT; digits++) {
    const candidate = Number(x.toPrecision(digits));
    if (Math.fround(candidate) === x) return candidate;
  }
  return Number(x.toPrecision(SIGNIFICANT));
}

/** {@link intended} of every entry. */
export function intendedAll(values: ArrayLike<number>): Float64Array {
  const result = new Float64Array(values.length);
  let [last, meant] = [Number.NaN, Number.NaN];
  for (let i = 0; i < values.length; i++) {
    const x = at(values, i);
    // Runs of one number are common: zeros, ones, categories.
    if (!Object.is(x, last)) [last, meant] = [x, intended(x)];
    result[i] = meant;
  }
  return result;
}
