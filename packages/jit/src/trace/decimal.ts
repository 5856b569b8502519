/** @file The number that was meant by a float32. */

/** 10^22 is the greatest power of ten that is exact. */
const MOST_DIGITS = 22;

/**
 * The shortest decimal fraction that rounds to the float32 `x`: 0.1 for the float32 nearest 0.1, which as a float64 reads
 * 0.10000000149. Numbers that need more than 22 places after the point stay as they are.
 */
export function shortestDecimal(x: number): number {
  if (Number.isInteger(x) || !Number.isFinite(x)) return x;
  let scale = 1;
  for (let digits = 1; digits <= MOST_DIGITS; digits++) {
    scale *= 10;
    const candidate = Math.round(x * scale) / scale;
    if (Math.fround(candidate) === x) return candidate;
  }
  return x;
}
