/** @file Reproducible numbers, and ways to compare them. */

/** Numbers in [low, high), the same for the same seed (Numerical Recipes' "quick and dirty" generator). */
export function uniform(count: number, low: number, high: number, seed: number): number[] {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + (high - low) * (state / 2 ** 32);
  });
}

/** Whole numbers in [0, n). */
export function integers(count: number, n: number, seed: number): number[] {
  return uniform(count, 0, n, seed).map(Math.floor);
}

/** The greatest |actual - expected| over the greatest |expected| or 1; infinite where only one of them is finite. */
export function discrepancy(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let [worst, scale] = [0, 1];
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    if (Object.is(a, b) || a === b) continue;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
    worst = Math.max(worst, Math.abs(a - b));
    scale = Math.max(scale, Math.abs(b));
  }
  return worst / scale;
}

/** f'(x_i) for every coordinate by central differences, extrapolated once: about 1e-9 for smooth float64 functions. */
export function gradientByDifferences(f: (x: number[]) => number, x: readonly number[], step: number = 1e-3): number[] {
  const slope = (i: number, h: number): number => {
    const moved = (by: number): number => f(x.map((value, j) => (j === i ? value + by : value)));
    return (moved(h) - moved(-h)) / (2 * h);
  };
  return x.map((_, i) => (4 * slope(i, step / 2) - slope(i, step)) / 3);
}
