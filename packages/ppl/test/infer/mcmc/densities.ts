/** @file Log densities written by hand, with what is known of them, for the tests of the samplers. */
import type { LogDensity } from '../../../src/infer/mcmc/logDensity.ts';

/** A log density from its value and its gradient, both as plain arrays. */
export function density(
  dimension: number,
  logp: (q: readonly number[]) => number,
  slope: (q: readonly number[]) => readonly number[],
): LogDensity {
  return {
    dimension,
    evaluate: (q, gradient) => {
      const point = Array.from(q);
      gradient.set(slope(point));
      return logp(point);
    },
  };
}

export function standardNormal(dimension: number): LogDensity {
  return density(dimension, (q) => -0.5 * dot(q, q), (q) => q.map((x) => -x));
}

/** N(0, precision⁻¹); `precision` by rows. */
export function gaussian(precision: readonly (readonly number[])[]): LogDensity {
  const times = (q: readonly number[]) => precision.map((row) => dot(row, q));
  return density(precision.length, (q) => -0.5 * dot(q, times(q)), (q) => times(q).map((x) => -x));
}

/** The standard logistic distribution: log p = -x - 2 log(1 + e⁻ˣ). */
export const logistic: LogDensity = {
  dimension: 1,
  evaluate: (q, gradient) => {
    const x = Math.abs(q[0]!);
    gradient[0] = -Math.tanh(q[0]! / 2);
    return -x - 2 * Math.log1p(Math.exp(-x));
  },
};

/** Neal's funnel: v ~ N(0, 3), the others N(0, exp(v/2)). */
export function funnel(dimension: number): LogDensity {
  return density(
    dimension,
    ([v, ...x]) => -(v! * v!) / 18 - 0.5 * Math.exp(-v!) * dot(x, x) - (0.5 * (dimension - 1)) * v!,
    ([v, ...x]) => [
      -v! / 9 + 0.5 * Math.exp(-v!) * dot(x, x) - 0.5 * (dimension - 1),
      ...x.map((xi) => -xi * Math.exp(-v!)),
    ],
  );
}

/** A bent ridge, log p = -x²/2 - (y - x²)²/2: not Gaussian, not symmetric. */
export const banana: LogDensity = {
  dimension: 2,
  evaluate: (q, gradient) => {
    const x = q[0]!;
    const residual = q[1]! - x * x;
    gradient[0] = -x + 2 * x * residual;
    gradient[1] = -residual;
    return -0.5 * (x * x + residual * residual);
  },
};

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

/** `density` that counts its evaluations. */
export function counted(inner: LogDensity): LogDensity & { count: number } {
  return {
    dimension: inner.dimension,
    count: 0,
    evaluate(q, gradient) {
      this.count++;
      return inner.evaluate(q, gradient);
    },
  };
}
