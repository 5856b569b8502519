/** @file Lower triangular matrices, n × n row by row, in float64. */

/** L⁻¹. */
export function inverseOfFactor(factor: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= (factor[i * n + k] ?? 0) * (inverse[k * n + j] ?? 0);
      inverse[i * n + j] = sum / (factor[i * n + i] ?? 0);
    }
  }
  return inverse;
}

/** L x. */
export function multiplied(lower: Float64Array, x: Float64Array): Float64Array {
  const n = x.length;
  return x.map((_, i) => {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += (lower[i * n + j] ?? 0) * (x[j] ?? 0);
    return sum;
  });
}

/** Lᵀ x. */
export function transposeMultiplied(lower: Float64Array, x: Float64Array): Float64Array {
  const n = x.length;
  return x.map((_, j) => {
    let sum = 0;
    for (let i = j; i < n; i++) sum += (lower[i * n + j] ?? 0) * (x[i] ?? 0);
    return sum;
  });
}

/** Lᵀ L, whole. */
export function gramOfTranspose(lower: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += (lower[k * n + i] ?? 0) * (lower[k * n + j] ?? 0);
      result[i * n + j] = sum;
      result[j * n + i] = sum;
    }
  }
  return result;
}
