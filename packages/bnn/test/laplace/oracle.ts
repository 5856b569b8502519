/** @file Plain numbers that Laplace approximations are compared with: slow and obvious. */

export type Matrix = number[][];

export const identity = (n: number): Matrix => Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)));
export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
export const times = (m: Matrix, v: readonly number[]): number[] => m.map((row) => dot(row, v));
export const plusDiagonal = (m: Matrix, delta: number): Matrix => m.map((row, i) => row.map((x, j) => x + (i === j ? delta : 0)));

/** Inverse and log determinant, by Gauss-Jordan elimination with pivots. */
export function invert(matrix: Matrix): { inverse: Matrix; logDet: number } {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...identity(n)[i]!]);
  let logDet = 0;
  for (let i = 0; i < n; i++) {
    const best = rows.slice(i).reduce((b, row, k) => (Math.abs(row[i]!) > Math.abs(rows[b]![i]!) ? i + k : b), i);
    [rows[i], rows[best]] = [rows[best]!, rows[i]!];
    const pivot = rows[i]![i]!;
    logDet += Math.log(Math.abs(pivot));
    rows[i] = rows[i]!.map((x) => x / pivot);
    rows.forEach((row, k) => {
      if (k !== i) rows[k] = row.map((x, j) => x - row[i]! * rows[i]![j]!);
    });
  }
  return { inverse: rows.map((row) => row.slice(n)), logDet };
}

/** Second derivatives by central differences of first ones. */
export function hessian(f: (theta: readonly number[]) => number, theta: readonly number[], h = 1e-3): Matrix {
  const moved = (i: number, a: number, j: number, b: number) => f(theta.map((t, k) => t + (k === i ? a : 0) + (k === j ? b : 0)));
  return theta.map((_, i) => theta.map((__, j) => (moved(i, h, j, h) - moved(i, h, j, -h) - moved(i, -h, j, h) + moved(i, -h, j, -h)) / (4 * h * h)));
}

/** log N(y; 0, s I + X Xᵀ / delta), summed over columns of targets. */
export function linearEvidence(x: Matrix, columns: Matrix, delta: number, s: number): number {
  const covariance = x.map((a, i) => x.map((b, j) => dot(a, b) / delta + (i === j ? s : 0)));
  const { inverse, logDet } = invert(covariance);
  return columns.reduce((sum, y) => sum - 0.5 * (dot(y, times(inverse, y)) + logDet + y.length * Math.log(2 * Math.PI)), 0);
}

/** Mean and covariance of the weights of one column of targets. */
export function linearPosterior(x: Matrix, y: readonly number[], delta: number, s: number): { mean: number[]; covariance: Matrix } {
  const n = x[0]!.length;
  const gram = identity(n).map((_, i) => identity(n).map((__, j) => x.reduce((sum, row) => sum + row[i]! * row[j]!, 0) / s));
  const { inverse } = invert(plusDiagonal(gram, delta));
  return { mean: times(inverse, identity(n).map((_, i) => x.reduce((sum, row, k) => sum + row[i]! * y[k]!, 0) / s)), covariance: inverse };
}
