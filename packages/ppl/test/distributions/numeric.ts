/** @file Distributions by brute force: densities tabulated, then summed in float64. */
import * as tf from '@tensorflow/tfjs-core';
import type * as dist from '../../src/distributions/index.ts';
import { biject } from '../../src/transforms/index.ts';
import { withValidation } from '../../src/util/validation.ts';

/** Runs `body` and disposes of every tensor that it makes; `tf.tidy` takes fewer kinds of results. */
export function scoped<R>(body: () => R): R {
  tf.engine().startScope();
  try {
    return body();
  } finally {
    tf.engine().endScope();
  }
}

/** A distribution of numbers, tabulated at ascending values. */
export interface Table {
  readonly values: Float32Array;
  readonly logProb: Float32Array;
  /** Probability of each value, or of its cell. */
  readonly mass: Float64Array;
  /** P(X ≤ value). */
  readonly cumulative: Float64Array;
}

/**
 * Tabulates a density of batch shape [] by the trapezoidal rule: on the real line over asinh x, elsewhere in the
 * unconstrained space of the support. In both the integrand and all its derivatives vanish at the ends, so that the rule
 * converges faster than any power of the step.
 */
export function tabulate(d: dist.Distribution): Table {
  return scoped(() => {
    const transform = biject(d.support);
    const isReal = d.support.name === 'real';
    const [reach, step] = isReal ? [30, 0.004] : [60, 0.01];
    const grid = Float64Array.from({ length: (2 * reach) / step + 1 }, (_, i) => -reach + i * step);
    const x = tf.tensor1d(Float32Array.from(grid, isReal ? Math.sinh : (u) => u));
    const y = transform.forward(x);
    const logVolume = isReal ? Float64Array.from(grid, (u) => Math.log(Math.cosh(u))) : transform.logAbsDetJacobian(x, y).dataSync();
    const logProb = withValidation(false, () => d.logProb(y)).dataSync() as Float32Array;
    const mass = Float64Array.from(logProb, (value, i) => step * Math.exp(value + logVolume[i]!));
    return finish(y.dataSync() as Float32Array, logProb, mass);
  });
}

/** Tabulates a discrete distribution of batch shape [], up to a number that nothing noticeable lies beyond. */
export function enumerate(d: dist.Distribution, upTo = 300): Table {
  return scoped(() => {
    let values: tf.Tensor;
    try {
      values = d.enumerateSupport();
    } catch {
      values = tf.range(0, upTo);
    }
    const logProb = d.logProb(values).dataSync() as Float32Array;
    return finish(Float32Array.from(values.dataSync()), logProb, Float64Array.from(logProb, Math.exp));
  });
}

function finish(values: Float32Array, logProb: Float32Array, mass: Float64Array): Table {
  let sum = 0;
  const cumulative = mass.map((m) => (sum += m));
  return { values, logProb, mass, cumulative };
}

/** E[f(X, log p(X))]. */
export function expectation({ values, logProb, mass }: Table, f: (x: number, logProb: number) => number): number {
  return mass.reduce((sum, m, i) => (m === 0 ? sum : sum + m * f(values[i]!, logProb[i]!)), 0);
}

/** P(X ≤ x), interpolated: for densities, whose cells count half at their own values. */
export function cumulativeAt(table: Table, x: number): number {
  const { values, mass, cumulative } = table;
  // Euler and Maclaurin's formula up to the first derivative.
  const at = (i: number): number => cumulative[i]! - mass[i]! / 2 - ((mass[i + 1] ?? 0) - (mass[i - 1] ?? 0)) / 24;
  let [low, high] = [0, values.length - 1];
  if (x <= values[low]!) return 0;
  if (x >= values[high]!) return 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= x) low = middle;
    else high = middle;
  }
  const portion = (x - values[low]!) / (values[high]! - values[low]!);
  return at(low) + portion * (at(high) - at(low));
}

/** Kolmogorov's √n sup |F_n - F|. It exceeds 2.23 once in 10,000 samples from the right distribution. */
export function kolmogorov(draws: ArrayLike<number>, cumulative: (x: number) => number): number {
  const sorted = Float64Array.from(draws).sort();
  const n = sorted.length;
  let worst = 0;
  sorted.forEach((x, i) => {
    const p = cumulative(x);
    worst = Math.max(worst, (i + 1) / n - p, p - i / n);
  });
  return worst * Math.sqrt(n);
}

/** Exceeded once in 10,000 samples from the right distribution (Kolmogorov's limit law). */
export const KOLMOGOROV_LIMIT = 2.23;

/**
 * Pearson's statistic as a standard normal score (Wilson and Hilferty 1931), over cells of at least five expected draws;
 * what is rarer is put together.
 */
export function chiSquaredScore(draws: ArrayLike<number>, { values, mass }: Table): number {
  const n = draws.length;
  const counts = new Map<number, number>();
  for (const x of Array.from(draws)) counts.set(x, (counts.get(x) ?? 0) + 1);
  const cells: [observed: number, expected: number][] = [];
  let [observed, expected] = [0, 0];
  values.forEach((value, i) => {
    observed += counts.get(value) ?? 0;
    expected += n * mass[i]!;
    counts.delete(value);
    if (expected < 5) return;
    cells.push([observed, expected]);
    [observed, expected] = [0, 0];
  });
  if (counts.size > 0) throw new Error(`draws outside of the table: ${[...counts.keys()].join(', ')}`);
  const last = cells.at(-1);
  if (last === undefined) throw new Error('too few draws');
  last[0] += observed;
  last[1] += expected;
  const df = cells.length - 1;
  const statistic = cells.reduce((sum, [o, e]) => sum + (o - e) ** 2 / e, 0);
  return ((statistic / df) ** (1 / 3) - (1 - 2 / (9 * df))) / Math.sqrt(2 / (9 * df));
}
