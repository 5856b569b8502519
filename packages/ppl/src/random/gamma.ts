/** @file Gamma draws. */
import type { RandomSource } from './source.ts';

/**
 * The logarithm of a draw from Gamma(alpha, 1); NaN unless alpha > 0.
 *
 * Source: Marsaglia and Tsang (2000), "A simple method for generating gamma variables"; for alpha < 1 their boost
 * x(alpha) = x(alpha + 1) u^(1/alpha) is made on the log scale, where u^(1/alpha) does not underflow.
 */
export function drawLogGamma(source: RandomSource, alpha: number): number {
  if (!(alpha > 0)) return Number.NaN;
  if (alpha < 1) return Math.log(marsagliaTsang(source, alpha + 1)) - source.exponential() / alpha;
  return Math.log(marsagliaTsang(source, alpha));
}

/** A draw from Gamma(alpha, 1); NaN unless alpha > 0. */
export function drawGamma(source: RandomSource, alpha: number): number {
  return alpha >= 1 ? marsagliaTsang(source, alpha) : Math.exp(drawLogGamma(source, alpha));
}

function marsagliaTsang(source: RandomSource, alpha: number): number {
  if (alpha === Infinity) return alpha;
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = source.normal();
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = source.uniform();
    if (u < 1 - 0.0331 * x ** 4) return d * v;
    if (Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
}
