/** @file The greatest value of a function of one variable. */

const GRID = 96;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Each step narrows the interval by a factor of 0.618: these by 1e-11, where rounding of the function is felt already. */
const STEPS = 52;

/**
 * Where `f` of a positive variable is greatest between `low` and `high`: the best of a grid that is even in the logarithm, and from
 * there by golden section.
 */
export function maximise(f: (x: number) => number, low: number, high: number): number {
  const [from, to] = [Math.log(low), Math.log(high)];
  const at = (u: number): number => f(Math.exp(u));
  const spacing = (to - from) / GRID;
  let best = 0;
  let bestValue = -Infinity;
  for (let i = 0; i <= GRID; i++) {
    const value = at(from + i * spacing);
    if (value > bestValue) [best, bestValue] = [i, value];
  }
  let [a, b] = [from + Math.max(0, best - 1) * spacing, from + Math.min(GRID, best + 1) * spacing];
  let [c, d] = [b - GOLDEN * (b - a), a + GOLDEN * (b - a)];
  let [atC, atD] = [at(c), at(d)];
  for (let step = 0; step < STEPS; step++) {
    if (atC >= atD) {
      [b, d, atD] = [d, c, atC];
      c = b - GOLDEN * (b - a);
      atC = at(c);
    } else {
      [a, c, atC] = [c, d, atD];
      d = a + GOLDEN * (b - a);
      atD = at(d);
    }
  }
  return Math.exp(0.5 * (a + b));
}
