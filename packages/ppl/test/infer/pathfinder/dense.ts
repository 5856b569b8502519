/** @file Matrices as rows, in the plainest way: what the products of vectors under test are compared with. */
import { RandomStream } from '../../../src/random/stream.ts';
import type { CurvaturePair } from '../../../src/infer/pathfinder/factor.ts';

export type Matrix = number[][];

export const identity = (n: number): Matrix => diagonal(Array.from({ length: n }, () => 1));
export const diagonal = (d: ArrayLike<number>): Matrix => Array.from(d, (x, i) => Array.from(d, (_, j) => (i === j ? x : 0)));
export const transpose = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
export const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));
export const add = (a: Matrix, b: Matrix, c = 1): Matrix => a.map((row, i) => row.map((x, j) => x + c * b[i]![j]!));
export const scaled = (a: Matrix, c: number): Matrix => a.map((row) => row.map((x) => c * x));
export const outer = (a: ArrayLike<number>, b: ArrayLike<number>): Matrix => Array.from(a, (x) => Array.from(b, (y) => x * y));
export const times = (a: Matrix, x: ArrayLike<number>): number[] => a.map((row) => row.reduce((sum, y, j) => sum + y * x[j]!, 0));
export const inner = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Gauss and Jordan, with pivots. */
export function inverse(matrix: Matrix): Matrix {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...identity(n)[i]!]);
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k; i < n; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[pivot]![k]!)) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    rows[k] = rows[k]!.map((x) => x / rows[k]![k]!);
    for (let i = 0; i < n; i++) if (i !== k) rows[i] = rows[i]!.map((x, j) => x - rows[i]![k]! * rows[k]![j]!);
  }
  return rows.map((row) => row.slice(n));
}

/** By elimination, for a positive definite matrix. */
export function logDeterminant(matrix: Matrix): number {
  const rows = matrix.map((row) => [...row]);
  let sum = 0;
  for (let k = 0; k < rows.length; k++) {
    sum += Math.log(rows[k]![k]!);
    for (let i = k + 1; i < rows.length; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      rows[i] = rows[i]!.map((x, j) => x - factor * rows[k]![j]!);
    }
  }
  return sum;
}

/** The update of BFGS as textbooks have it: (I - ρsyᵀ)H(I - ρysᵀ) + ρssᵀ, ρ = 1/yᵀs. */
export function bfgs(h: Matrix, { step: s, change: y }: CurvaturePair): Matrix {
  const rho = 1 / inner(s, y);
  const left = add(identity(s.length), outer(s, y), -rho);
  return add(multiply(multiply(left, h), transpose(left)), outer(s, s), rho);
}

/** A positive definite matrix whose eigenvalues are spread over some orders of magnitude. */
export function positiveDefinite(n: number, stream: RandomStream, spread = 2): Matrix {
  const a = Array.from({ length: n }, () => Array.from({ length: n }, () => stream.normal()));
  const scale = Array.from({ length: n }, () => Math.exp(spread * (stream.uniform() - 0.5)));
  const b = multiply(diagonal(scale), a);
  return add(multiply(b, transpose(b)), identity(n), 0.1);
}

/** Steps of random directions with the changes of gradient that a quadratic of Hessian `a` has. */
export function pairsOf(a: Matrix, count: number, stream: RandomStream): CurvaturePair[] {
  return Array.from({ length: count }, () => {
    const step = Float64Array.from(a, () => stream.normal());
    return { step, change: Float64Array.from(times(a, step)) };
  });
}

export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-9): void {
  const scale = Math.max(1e-300, ...Array.from(expected, Math.abs));
  expect(actual).toHaveLength(expected.length);
  Array.from(actual).forEach((x, i) => expect(Math.abs(x - expected[i]!) / scale).toBeLessThan(tolerance));
}
