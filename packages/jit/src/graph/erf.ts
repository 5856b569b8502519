/** @file The error function in float64; tfjs's own is right to seven digits only. */

const TWO_OVER_SQRT_PI = 1.1283791670955126;

/** erf(x) = 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x; relative error a few 1e-16. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 2.5) return series(x);
  return size < 6 ? Math.sign(x) * (1 - tail(size)) : Math.sign(x);
}

/**
 * e^(-x^2) times the sum of 2^n x^(2n+1) / (1·3·5···(2n+1)), whose terms are all of one sign: Abramowitz and Stegun 7.1.6.
 */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
}

/** erfc(x) for large x, by its continued fraction: Abramowitz and Stegun 7.1.14. */
function tail(x: number): number {
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = (n / 2) / (x + fraction);
  return ((TWO_OVER_SQRT_PI / 2) * Math.exp(-x * x)) / (x + fraction);
}
