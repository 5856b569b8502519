/** @file Cholesky's factorisation, in float64. */

/**
 * The lower triangular L with LLᵀ = `matrix`, row by row, zeros above the diagonal. Only the lower triangle is read.
 *
 * @param matrix - n × n, row by row.
 * @throws RangeError when the matrix is not positive definite.
 */
export function cholesky(matrix: ArrayLike<number>, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (factor[i * n + k] ?? 0) * (factor[j * n + k] ?? 0);
      if (i !== j) {
        factor[i * n + j] = sum / (factor[j * n + j] ?? 0);
      } else if (sum > 0 && sum < Infinity) {
        factor[i * n + i] = Math.sqrt(sum);
      } else {
        throw new RangeError(`matrix is not positive definite: pivot ${i} of its Cholesky factorisation is √${sum}`);
      }
    }
  }
  return factor;
}
