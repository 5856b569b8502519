/** @file The logarithm of the beta function, in float64. */
import { HALF_LOG_2PI, lgamma, STIRLING, stirlingError } from './lgamma.ts';

/**
 * log B(a, b) = lgamma(a) + lgamma(b) - lgamma(a + b), for a, b >= 0, without the cancellation of that sum when one or
 * both are large: there the leading parts of Stirling's formula are subtracted on paper.
 */
export function lbeta(a: number, b: number): number {
  const p = Math.min(a, b);
  const q = Math.max(a, b);
  if (!(p > 0)) return p === 0 ? Infinity : Number.NaN;
  if (q === Infinity) return -Infinity;
  if (q < STIRLING) return lgamma(p) + lgamma(q) - lgamma(p + q);
  const error = stirlingError(q) - stirlingError(p + q);
  if (p < STIRLING) return lgamma(p) + p - p * Math.log(p + q) - (q - 0.5) * Math.log1p(p / q) + error;
  const ratio = p / (p + q);
  return (p - 0.5) * Math.log(ratio) - q * Math.log1p(p / q) - 0.5 * Math.log(q) + HALF_LOG_2PI + stirlingError(p) + error;
}

/** log of the binomial coefficient "n over k", for real 0 <= k <= n; -Infinity outside. */
export function logChoose(n: number, k: number): number {
  if (k < 0 || k > n) return -Infinity;
  if (k === 0 || k === n) return 0;
  return -Math.log1p(n) - lbeta(n - k + 1, k + 1);
}
