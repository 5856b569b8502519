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

/** Which intervals of width 1/64 hold a named number, so that data need hardly ever be looked up. */
const NEARBY: Uint8Array = Uint8Array.from({ length: 64 * 16 }, (_, i) => (NAMED.some((x) => intervalOf(x) === i) ? 1 : 0));

function intervalOf(x: number): number {
  return Math.trunc(Math.abs(Math.fround(x)) * 64);
}

/** How many decimals are tried before the slower way: up to here the powers of ten are exact. */
const DECIMALS = 15;
const SCALES = Float64Array.from({ length: DECIMALS + 1 }, (_, decimals) => 10 ** decimals);

/** Digits that tell any two float32 apart. */
const SIGNIFICANT = 9;

/**
 * The float64 that was most likely meant by the float32 `x`: π and its like, else a whole number, else the shortest decimal
 * number that rounds to `x`. So 0.1, which tfjs stores as 0.10000000149, is 0.1 again; and whatever was meant, the answer is
 * no further from `x` than float32 rounding is.
 */
export function intended(x: number): number {
  return intendedNear(x, { decimals: 1 });
}

/** {@link intended} of every entry. */
export function intendedAll(values: ArrayLike<number>): Float64Array {
  const result = new Float64Array(values.length);
  const guess: Guess = { decimals: 1 };
  let [last, meant] = [Number.NaN, Number.NaN];
  for (let i = 0; i < values.length; i++) {
    const x = at(values, i);
    // Runs of one number are common: zeros, ones, categories.
    if (!Object.is(x, last)) [last, meant] = [x, intendedNear(x, guess)];
    result[i] = meant;
  }
  return result;
}

/** How many decimals the last number had: columns of data are alike. */
interface Guess {
  decimals: number;
}

function intendedNear(x: number, guess: Guess): number {
  if (Number.isSafeInteger(x)) return x;
  if (!Number.isFinite(x)) return x;
  const known = NEARBY[intervalOf(x)] === 1 ? BY_FLOAT32.get(x) : undefined;
  if (known !== undefined) return known;
  // Beyond 2^53 every number is whole.
  const decimals = Math.abs(x) < 2 ** 53 ? fewestDecimals(x, guess.decimals) : null;
  if (decimals !== null) {
    guess.decimals = decimals;
    return rounded(x, decimals);
  }
  for (let digits = 1; digits < SIGNIFICANT; digits++) {
    const candidate = Number(x.toPrecision(digits));
    if (Math.fround(candidate) === x) return candidate;
  }
  return Number(x.toPrecision(SIGNIFICANT));
}

/** The least number of decimals that tell `x`; null if none does. If some do, so do more, as they come nearer. */
function fewestDecimals(x: number, guess: number): number | null {
  let decimals = guess;
  while (decimals <= DECIMALS && Math.fround(rounded(x, decimals)) !== x) decimals++;
  if (decimals > DECIMALS) return null;
  while (decimals > 1 && Math.fround(rounded(x, decimals - 1)) === x) decimals--;
  return decimals;
}

function rounded(x: number, decimals: number): number {
  const scale = at(SCALES, decimals);
  return Math.round(x * scale) / scale;
}
