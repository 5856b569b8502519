/** @file Dense triangular linear algebra on float64 arrays, row by row. */

/**
 * Overwrites the lower triangle of the n by n matrix at `offset` with its Cholesky factor L (A = L L^T), and the upper
 * with zeros. Only the lower triangle is read. Where A is not positive definite, L is NaN from that row on.
 */
export function choleskyInPlace(a: Float64Array, n: number, offset: number): void {
  for (let i = 0; i < n; i++) {
    const row = offset + i * n;
    for (let j = 0; j < i; j++) {
      const other = offset + j * n;
      let sum = a[row + j] as number;
      for (let k = 0; k < j; k++) sum -= (a[row + k] as number) * (a[other + k] as number);
      a[row + j] = sum / (a[other + j] as number);
    }
    let pivot = a[row + i] as number;
    for (let k = 0; k < i; k++) pivot -= (a[row + k] as number) ** 2;
    a[row + i] = pivot > 0 ? Math.sqrt(pivot) : Number.NaN;
    a.fill(0, row + i + 1, row + n);
  }
}

/**
 * Overwrites the n by m matrix B at `offset` with the X of T X = B, or of T^T X = B, where T is the triangle of the n by n
 * matrix at `start` of `t`.
 */
export function triangularSolveInPlace(
  t: Float64Array,
  start: number,
  n: number,
  b: Float64Array,
  offset: number,
  m: number,
  lower: boolean,
  transpose: boolean,
): void {
  // A lower triangle is solved from the top, an upper from the bottom; transposing turns one into the other.
  const forwards = lower !== transpose;
  for (let step = 0; step < n; step++) {
    const i = forwards ? step : n - 1 - step;
    const row = offset + i * m;
    for (let done = 0; done < step; done++) {
      const j = forwards ? done : n - 1 - done;
      const factor = t[transpose ? start + j * n + i : start + i * n + j] as number;
      if (factor === 0) continue;
      const other = offset + j * m;
      for (let k = 0; k < m; k++) b[row + k] = (b[row + k] as number) - factor * (b[other + k] as number);
    }
    const pivot = t[start + i * n + i] as number;
    for (let k = 0; k < m; k++) b[row + k] = (b[row + k] as number) / pivot;
  }
}
