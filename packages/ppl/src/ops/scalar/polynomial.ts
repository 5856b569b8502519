/** @file Sums that the special functions share. */

/** c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule. */
export function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + (coefficients[i] ?? 0);
  return sum;
}

/** c[0]/2 + c[1] T1(t) + c[2] T2(t) + ..., by Clenshaw's recurrence, for -1 <= t <= 1. */
export function chebyshev(coefficients: readonly number[], t: number): number {
  let b1 = 0;
  let b2 = 0;
  for (let i = coefficients.length - 1; i > 0; i--) {
    const b0 = 2 * t * b1 - b2 + (coefficients[i] ?? 0);
    b2 = b1;
    b1 = b0;
  }
  return t * b1 - b2 + 0.5 * (coefficients[0] ?? 0);
}
