/** @file Eigenvalues and eigenvectors of a symmetric matrix, in float64. */

/** A = Σ λ_k v_k v_kᵀ, with orthonormal v_k. */
export interface SymmetricEigen {
  /** λ, in no order. */
  readonly values: Float64Array;
  /** v_k in row k, n × n row by row. */
  readonly vectors: Float64Array;
}

/** T = QAQᵀ, with T tridiagonal. */
interface Tridiagonal {
  readonly n: number;
  readonly diagonal: Float64Array;
  /** `offDiagonal[k]` stands between rows k and k + 1. */
  readonly offDiagonal: Float64Array;
  /** Q, row by row; rotated along with T, until its rows are the eigenvectors. */
  readonly rows: Float64Array;
}

const MAX_STEPS = 50; // for each eigenvalue; two or three are usual

/**
 * The eigen-decomposition of `matrix`, n × n row by row: Householder's reduction to tridiagonal form, then implicit QR
 * steps. O(n³), with errors of the order of rounding times the largest |λ|.
 *
 * Source: Golub and Van Loan, "Matrix Computations" (4th edition), algorithms 8.3.1 to 8.3.3.
 *
 * @throws RangeError when an entry is not finite.
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): SymmetricEigen {
  const tridiagonal = tridiagonalise(Float64Array.from(matrix), n);
  const { diagonal, offDiagonal, rows } = tridiagonal;
  const isSmall = (k: number): boolean => {
    const scale = Math.abs(diagonal[k] ?? 0) + Math.abs(diagonal[k + 1] ?? 0);
    return Math.abs(offDiagonal[k] ?? 0) <= Number.EPSILON * scale;
  };
  let steps = 0;
  for (let last = n - 1; last > 0; ) {
    if (isSmall(last - 1)) {
      last--;
      continue;
    }
    if (++steps > MAX_STEPS * n) throw new RangeError('eigenvalues of a matrix with entries that are not finite');
    let first = last - 1;
    while (first > 0 && !isSmall(first - 1)) first--;
    qrStep(tridiagonal, first, last);
  }
  return { values: diagonal, vectors: rows };
}

/** Reflects away, column by column, what is below the subdiagonal. `a` is overwritten. */
function tridiagonalise(a: Float64Array, n: number): Tridiagonal {
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k + 2 < n; k++) {
    // H = I - β vvᵀ maps the column below the diagonal to a multiple of the first unit vector.
    let squares = 0;
    for (let i = k + 1; i < n; i++) {
      v[i] = a[i * n + k] ?? 0;
      squares += (v[i] ?? 0) ** 2;
    }
    const head = v[k + 1] ?? 0;
    v[k + 1] = head + (head < 0 ? -1 : 1) * Math.sqrt(squares);
    const norm = squares - head * head + (v[k + 1] ?? 0) ** 2;
    if (squares - head * head === 0 || norm === 0) continue;
    const beta = 2 / norm;

    // A ← HAH = A - vwᵀ - wvᵀ, with p = βAv and w = p - (β pᵀv / 2) v.
    let along = 0;
    for (let i = k; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += (a[i * n + j] ?? 0) * (v[j] ?? 0);
      w[i] = beta * sum;
      if (i > k) along += (w[i] ?? 0) * (v[i] ?? 0);
    }
    v[k] = 0;
    for (let i = k + 1; i < n; i++) w[i] = (w[i] ?? 0) - 0.5 * beta * along * (v[i] ?? 0);
    for (let i = k; i < n; i++) {
      const vi = v[i] ?? 0;
      const wi = w[i] ?? 0;
      for (let j = k; j < n; j++) a[i * n + j] = (a[i * n + j] ?? 0) - vi * (w[j] ?? 0) - wi * (v[j] ?? 0);
    }

    // Q ← HQ
    w.fill(0);
    for (let i = k + 1; i < n; i++) {
      const scaled = beta * (v[i] ?? 0);
      for (let j = 0; j < n; j++) w[j] = (w[j] ?? 0) + scaled * (rows[i * n + j] ?? 0);
    }
    for (let i = k + 1; i < n; i++) {
      const vi = v[i] ?? 0;
      for (let j = 0; j < n; j++) rows[i * n + j] = (rows[i * n + j] ?? 0) - vi * (w[j] ?? 0);
    }
  }
  return {
    n,
    diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i] ?? 0),
    offDiagonal: Float64Array.from({ length: Math.max(0, n - 1) }, (_, i) => a[(i + 1) * n + i] ?? 0),
    rows,
  };
}

/** One QR step with Wilkinson's shift μ on rows `first` to `last`, by rotations that chase the bulge z downwards. */
function qrStep({ n, diagonal, offDiagonal, rows }: Tridiagonal, first: number, last: number): void {
  const end = diagonal[last] ?? 0;
  const beside = offDiagonal[last - 1] ?? 0;
  const half = 0.5 * ((diagonal[last - 1] ?? 0) - end);
  const shift = end - (beside * beside) / (half + (half < 0 ? -1 : 1) * Math.hypot(half, beside));
  let x = (diagonal[first] ?? 0) - shift;
  let z = offDiagonal[first] ?? 0;
  for (let k = first; k < last; k++) {
    // The rotation of rows k and k + 1 that takes (x, z) to (r, 0).
    const r = Math.hypot(x, z);
    const c = r === 0 ? 1 : x / r;
    const s = r === 0 ? 0 : z / r;
    if (k > first) offDiagonal[k - 1] = r;
    const a = diagonal[k] ?? 0;
    const b = offDiagonal[k] ?? 0;
    const d = diagonal[k + 1] ?? 0;
    diagonal[k] = c * c * a + 2 * c * s * b + s * s * d;
    diagonal[k + 1] = s * s * a - 2 * c * s * b + c * c * d;
    offDiagonal[k] = c * s * (d - a) + (c * c - s * s) * b;
    if (k + 1 < last) {
      const next = offDiagonal[k + 1] ?? 0;
      x = offDiagonal[k] ?? 0;
      z = s * next;
      offDiagonal[k + 1] = c * next;
    }
    for (let j = 0, upper = k * n, lower = upper + n; j < n; j++, upper++, lower++) {
      const p = rows[upper] ?? 0;
      const q = rows[lower] ?? 0;
      rows[upper] = c * p + s * q;
      rows[lower] = c * q - s * p;
    }
  }
}
