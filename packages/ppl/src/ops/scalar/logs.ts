/** @file Logarithms and exponentials in forms that neither overflow nor cancel. */

import { polynomial } from './polynomial.ts';

/** log(1 + e^x). */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** The x with log(1 + e^x) = y, for y > 0; -Infinity at 0 and NaN below. */
export function softplusInverse(y: number): number {
  return y > 1 ? y + Math.log1p(-Math.exp(-y)) : Math.log(Math.expm1(y));
}

/** 1 / (1 + e^-x). */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** log of {@link sigmoid}. */
export function logSigmoid(x: number): number {
  return -softplus(-x);
}

/** log(p / (1 - p)), for 0 <= p <= 1. */
export function logit(p: number): number {
  // Near 1/2 the ratio is near 1, where log1p of its distance from 1 keeps the digits.
  return p > 0.3 && p < 0.65 ? Math.log1p((2 * p - 1) / (1 - p)) : Math.log(p) - Math.log1p(-p);
}

/** log(1 - e^x), for x <= 0; NaN above. Maechler (2012), "Accurately computing log(1 - exp(-|a|))", equation 7. */
export function log1mexp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

/** log(e^a + e^b). */
export function logaddexp(a: number, b: number): number {
  const larger = a > b ? a : b;
  const smaller = a > b ? b : a;
  // Equal infinities would give NaN by their difference.
  if (larger === smaller) return larger + Math.LN2;
  return larger + Math.log1p(Math.exp(smaller - larger));
}

/** x log y, and 0 where x = 0 (unless y is NaN). */
export function xlogy(x: number, y: number): number {
  return x === 0 && !Number.isNaN(y) ? 0 : x * Math.log(y);
}

/** x log(1 + y), and 0 where x = 0 (unless y is NaN). */
export function xlog1py(x: number, y: number): number {
  return x === 0 && !Number.isNaN(y) ? 0 : x * Math.log1p(y);
}

/** x / y, and 0 where x = 0 (unless y is NaN). */
export function xdivy(x: number, y: number): number {
  return x === 0 && !Number.isNaN(y) ? 0 : x / y;
}

// 2/3, 2/5, 2/7, ...: artanh's series from its second term, doubled.
const ARTANH: readonly number[] = Array.from({ length: 15 }, (_, i) => 2 / (2 * i + 3));

/** log(1 + x) - x, without cancellation near 0. */
export function log1pmx(x: number): number {
  if (x < -0.4 || x > 0.6) return Math.log1p(x) - x;
  // log1p(x) = 2 artanh(r) with r = x / (2 + x), of which 2 r - x = -r x is left.
  const r = x / (2 + x);
  const square = r * r;
  return r * (square * polynomial(ARTANH, square) - x);
}
