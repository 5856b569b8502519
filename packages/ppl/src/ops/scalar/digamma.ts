/** @file The logarithmic derivatives of the gamma function, in float64. */
import { polynomial } from './polynomial.ts';
import { sinPi } from './lgamma.ts';

/** Bernoulli numbers B(2), B(4), ... */
const BERNOULLI: readonly number[] = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
];

/** Where the asymptotic series take over from the recurrences. */
export const ASYMPTOTIC = 10;

/** Coefficients of 1/x², 1/x⁴, ... of log x - 1/(2x) - digamma(x). */
export const DIGAMMA_SERIES: readonly number[] = BERNOULLI.map((b, i) => b / (2 * i + 2));

/**
 * psi(x), the derivative of lgamma: error about 1e-15, relative for large |psi| and absolute near its zeros.
 * At 0 it is -Infinity (the limit from above) and at negative integers NaN.
 *
 * Source: Abramowitz and Stegun 6.3.18 (series), 6.3.5 (recurrence), 6.3.7 (reflection).
 */
export function digamma(x: number): number {
  if (x <= 0) {
    if (x === 0) return -Infinity;
    if (Number.isInteger(x) || x === -Infinity) return Number.NaN;
    return digamma(1 - x) - (Math.PI * sinPi(x + 0.5)) / sinPi(x);
  }
  let shifted = 0;
  let y = x;
  while (y < ASYMPTOTIC) {
    shifted += 1 / y;
    y += 1;
  }
  if (y === Infinity) return y;
  const inverse = 1 / (y * y);
  return Math.log(y) - 0.5 / y - inverse * polynomial(DIGAMMA_SERIES, inverse) - shifted;
}

/**
 * The n-th derivative of psi at x, for x > 0 and a whole number n (0 is {@link digamma}, 1 the trigamma function);
 * relative error about 1e-14. For n >= 1 it is infinite at 0 and NaN below.
 *
 * Source: Abramowitz and Stegun 6.4.11 (series), 6.4.6 (recurrence).
 */
export function polygamma(n: number, x: number): number {
  if (n === 0) return digamma(x);
  if (!(n > 0 && Number.isInteger(n) && x >= 0)) return Number.NaN;
  const sign = n % 2 === 1 ? 1 : -1;
  if (x === 0) return sign * Infinity;
  if (x === Infinity) return 0;
  let factorial = 1;
  for (let i = 2; i < n; i++) factorial *= i; // (n - 1)!
  let shifted = 0;
  let y = x;
  while (y < ASYMPTOTIC + n) {
    shifted += y ** (-n - 1);
    y += 1;
  }
  const inverse = 1 / y;
  // Term k of the sum: B(2k) (2k + n - 1)! / ((2k)! (n - 1)! y^(2k)).
  let sum = 1 + 0.5 * n * inverse;
  let ratio = 1;
  for (let k = 1; k <= BERNOULLI.length; k++) {
    ratio *= ((2 * k + n - 2) * (2 * k + n - 1) * inverse * inverse) / ((2 * k - 1) * (2 * k));
    sum += (BERNOULLI[k - 1] ?? 0) * ratio;
  }
  return sign * factorial * (sum * y ** -n + n * shifted);
}

/** psi(a) - psi(a + b), for a > 0 and b >= 0: minus the derivative of log B(a, b) = lgamma(a) + lgamma(b) - lgamma(a + b), in a. */
export function digammaDifference(a: number, b: number): number {
  let shifted = 0;
  let y = a;
  // 1/y - 1/(y + b) is b / (y (y + b)), which does not cancel for small b.
  while (y < ASYMPTOTIC) {
    shifted += b / (y * (y + b));
    y += 1;
  }
  const u = 1 / (y * y);
  const v = 1 / ((y + b) * (y + b));
  const smooth = 0.5 / y + u * polynomial(DIGAMMA_SERIES, u) - (0.5 / (y + b) + v * polynomial(DIGAMMA_SERIES, v));
  return -Math.log1p(b / y) - smooth - shifted;
}
