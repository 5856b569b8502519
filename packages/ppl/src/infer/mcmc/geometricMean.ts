/** @file The geometric mean of symmetric positive definite matrices. */
import { cholesky } from './cholesky.ts';
import { symmetricEigen } from './symmetricEigen.ts';

/**
 * The positive definite S with SBS = A: the geometric mean of A and B⁻¹.
 *
 * With B = LLᵀ and LᵀAL = V diag(μ) Vᵀ, it is S = Σ_k √μ_k u_k u_kᵀ, where u_k = L⁻ᵀv_k.
 *
 * Source: Bhatia, "Positive Definite Matrices" (2007), section 4.1.
 *
 * @param a - A, n × n row by row; @param b - B, likewise.
 * @throws RangeError when B is not positive definite, or an entry of A is not finite.
 */
export function geometricMean(a: ArrayLike<number>, b: ArrayLike<number>, n: number): Float64Array {
  const factor = cholesky(b, n);
  const { values, vectors } = symmetricEigen(congruent(a, factor, n), n);
  const mean = new Float64Array(n * n);
  const u = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    for (let i = n - 1; i >= 0; i--) {
      let sum = vectors[k * n + i] ?? 0;
      for (let j = i + 1; j < n; j++) sum -= (factor[j * n + i] ?? 0) * (u[j] ?? 0);
      u[i] = sum / (factor[i * n + i] ?? 0);
    }
    // Rounding may leave the smallest eigenvalues of a matrix far from the identity below zero.
    const root = Math.sqrt(Math.max(0, values[k] ?? 0));
    for (let i = 0; i < n; i++) {
      const scaled = root * (u[i] ?? 0);
      for (let j = 0; j < n; j++) mean[i * n + j] = (mean[i * n + j] ?? 0) + scaled * (u[j] ?? 0);
    }
  }
  return mean;
}

/** LᵀAL, for a lower triangular L. */
function congruent(a: ArrayLike<number>, factor: Float64Array, n: number): Float64Array {
  const right = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const entry = a[i * n + k] ?? 0;
      for (let j = 0; j <= k; j++) right[i * n + j] = (right[i * n + j] ?? 0) + entry * (factor[k * n + j] ?? 0);
    }
  }
  const product = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i <= k; i++) {
      const entry = factor[k * n + i] ?? 0;
      for (let j = 0; j < n; j++) product[i * n + j] = (product[i * n + j] ?? 0) + entry * (right[k * n + j] ?? 0);
    }
  }
  return product;
}
