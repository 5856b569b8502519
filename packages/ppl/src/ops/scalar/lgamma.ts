/** @file The logarithm of the gamma function, in float64. */
import { polynomial } from './polynomial.ts';

const EULER = 0.5772156649015329;
export const HALF_LOG_2PI = 0.9189385332046728;

/** From here on {@link stirlingError} is exact to rounding. */
export const STIRLING = 8;

/** B(2k) / (2k (2k - 1)) for k = 1, 2, ...: Stirling's series, Abramowitz and Stegun 6.1.41. */
export const STIRLING_SERIES: readonly number[] = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360360,
  1 / 156,
  -3617 / 122400,
  43867 / 244188,
];

// Coefficients of z^1, z^2, ... of lgamma(2 + z): 1 - gamma, then (-1)^k (zeta(k) - 1) / k. Abramowitz and Stegun 6.1.33.
const AROUND_TWO: readonly number[] = [
  1 - EULER,
  ...Array.from({ length: 27 }, (_, i) => ((i % 2 === 0 ? 1 : -1) * zetaMinusOne(i + 2)) / (i + 2)),
];

/** zeta(k) - 1 by a short sum and the Euler-Maclaurin remainder. */
function zetaMinusOne(k: number): number {
  const n = 40;
  // From the tail inwards, so that small terms are not lost.
  let sum = n ** (1 - k) / (k - 1) + n ** -k / 2 + (k * n ** (-k - 1)) / 12;
  sum -= (k * (k + 1) * (k + 2) * n ** (-k - 3)) / 720;
  sum += (k * (k + 1) * (k + 2) * (k + 3) * (k + 4) * n ** (-k - 5)) / 30240;
  sum -= (k * (k + 1) * (k + 2) * (k + 3) * (k + 4) * (k + 5) * (k + 6) * n ** (-k - 7)) / 1209600;
  for (let j = n - 1; j >= 2; j--) sum += j ** -k;
  return sum;
}

/** lgamma(2 + z) for |z| <= 1/2; relative accuracy holds through the zero at z = 0. */
function aroundTwo(z: number): number {
  return z * polynomial(AROUND_TWO, z);
}

/** lgamma(x) - [(x - 1/2) log x - x + log(2 pi) / 2], for x >= {@link STIRLING}. */
export function stirlingError(x: number): number {
  const inverse = 1 / x;
  return inverse * polynomial(STIRLING_SERIES, inverse * inverse);
}

/**
 * log |Gamma(x)|: relative error about 1e-15 for x > 0, absolute near the zeros at negative x; +Infinity at the poles
 * 0, -1, -2, ... and at both infinities.
 */
export function lgamma(x: number): number {
  if (x >= STIRLING) return x === Infinity ? x : (x - 0.5) * Math.log(x) - x + HALF_LOG_2PI + stirlingError(x);
  if (x >= 1.5) {
    let product = 1;
    let y = x;
    while (y > 2.5) {
      y -= 1;
      product *= y;
    }
    return aroundTwo(y - 2) + Math.log(product);
  }
  if (x >= 0.5) return aroundTwo(x - 1) - Math.log1p(x - 1);
  if (x > 0) return aroundTwo(x) - Math.log1p(x) - Math.log(x);
  if (Number.isNaN(x)) return x;
  if (Number.isInteger(x) || x === -Infinity) return Infinity;
  // Reflection, Abramowitz and Stegun 6.1.17.
  return Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x);
}

/** sin(pi x), with x reduced before the multiplication. */
export function sinPi(x: number): number {
  const turn = x - 2 * Math.round(x / 2);
  return Math.sin(Math.PI * (Math.abs(turn) > 0.5 ? Math.sign(turn) - turn : turn));
}
