/** @file The error function and its relatives, in float64. */
import { chebyshev, polynomial } from './polynomial.ts';

const TWO_OVER_SQRT_PI = 1.1283791670955126;

// erf(x) / x in powers of x^2: 2/sqrt(pi) (-1)^n / (n! (2n + 1)). Abramowitz and Stegun 7.1.5.
const TAYLOR: readonly number[] = (() => {
  const coefficients: number[] = [];
  for (let n = 0, factorial = 1; n < 22; n++, factorial *= n) {
    coefficients.push(((n % 2 === 0 ? 1 : -1) * TWO_OVER_SQRT_PI) / (factorial * (2 * n + 1)));
  }
  return coefficients;
})();

// (1 + 2x) e^(x^2) erfc(x) for x >= 0 as a Chebyshev series in t = (x - 3.75) / (x + 3.75), a mapping due to Schonfelder
// (1978), "Chebyshev expansions for the error and related functions". Computed for this file with 50 digits (mpmath).
const ERFCX_SERIES: readonly number[] = [
  2.3551578691348034, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753,
  0.009074997670705265, -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-5, 4.13902798607301e-6,
  7.74038306619849e-7, -2.1886401049234397e-7, 1.0764999465670908e-8, 4.521959811218286e-9, -7.754400208831363e-10,
  -6.318088340886797e-11, 2.8687950109305784e-11, 1.9455868545711428e-13, -9.654696748437074e-13,
  3.252548148144096e-14, 3.3478119483141273e-14, -1.864562879843282e-15, -1.2507950522251526e-15,
  7.41823536263622e-17, 5.0681490260191984e-17,
];

/** erf(x) = 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x; relative error about 2e-16. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 1) return x * polynomial(TAYLOR, x * x);
  if (Number.isNaN(x)) return x;
  return Math.sign(x) * (1 - expMinusSquare(size) * erfcx(size));
}

/** erfc(x) = 1 - erf(x), with relative error about 1e-15 in the far right tail too. */
export function erfc(x: number): number {
  if (x < 0.5) return 1 - erf(x);
  return expMinusSquare(x) * erfcx(x);
}

/** e^(x^2) erfc(x), for x >= 0: it falls only as 1/x where erfc itself underflows. */
export function erfcx(x: number): number {
  if (x === Infinity) return 0;
  return chebyshev(ERFCX_SERIES, (x - 3.75) / (x + 3.75)) / (1 + 2 * x);
}

/** e^(-factor x^2) for a factor of 1 or 1/2. The square is taken in two parts, as x^2 would multiply its rounding error. */
export function expMinusSquare(x: number, factor: number = 1): number {
  if (Math.abs(x) > 100) return 0;
  const high = Math.fround(x);
  return Math.exp(-factor * high * high) * Math.exp(-factor * (x - high) * (x + high));
}

/** The x with erf(x) = y, for -1 <= y <= 1; NaN outside. Relative error about 1e-15. */
export function erfinv(y: number): number {
  const size = Math.abs(y);
  if (!(size < 0.5)) return Math.sign(y) * upperErfcinv(1 - size);
  // Newton's method with the second-order (Halley) correction, from the first two terms of the Taylor series of erfinv.
  const z = y / TWO_OVER_SQRT_PI;
  let x = z + (z * z * z) / 3;
  for (let i = 0; i < 3; i++) {
    const step = (erf(x) - y) / (TWO_OVER_SQRT_PI * Math.exp(-x * x));
    x -= step / (1 + x * step);
  }
  return x;
}

/** The x with erfc(x) = q, for 0 <= q <= 2; NaN outside. */
export function erfcinv(q: number): number {
  if (q > 0.5 && q < 1.5) return erfinv(1 - q);
  return q <= 0.5 ? upperErfcinv(q) : -upperErfcinv(2 - q);
}

/** erfcinv for 0 <= q <= 0.5, by Newton's method on log erfc, which is nearly a parabola. */
function upperErfcinv(q: number): number {
  if (q === 0) return Infinity;
  if (!(q > 0)) return Number.NaN;
  const target = Math.log(q);
  // Start: Winitzki's approximation (2008) to erfinv, good to 0.3 per cent.
  const half = 0.5 * Math.log(q * (2 - q));
  const shift = 2 / (Math.PI * 0.147) + half;
  let x = Math.sqrt(Math.sqrt(shift * shift - (2 * half) / 0.147) - shift);
  for (let i = 0; i < 3; i++) {
    const scaled = erfcx(x);
    x += (Math.log(scaled) - x * x - target) * (scaled / TWO_OVER_SQRT_PI);
  }
  return x;
}
