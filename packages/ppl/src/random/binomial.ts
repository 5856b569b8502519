/** @file Binomial draws. */
import { betaincGradX } from '../ops/scalar/betainc.ts';
import type { RandomSource } from './source.ts';

/**
 * A draw from the binomial distribution; exact for every whole n >= 0 and 0 <= p <= 1, in bounded expected time. NaN for
 * other arguments.
 */
export function drawBinomial(source: RandomSource, n: number, p: number): number {
  if (!(n >= 0 && Number.isInteger(n) && p >= 0 && p <= 1)) return Number.NaN;
  if (p > 0.5) return n - drawBinomial(source, n, 1 - p);
  if (n === 0 || p === 0) return 0;
  return n * p < 10 ? byInversion(source, n, p) : byRejection(source, n, p);
}

/** Walks up the distribution function. */
function byInversion(source: RandomSource, n: number, p: number): number {
  const odds = p / (1 - p);
  let u = source.uniform();
  let mass = Math.exp(n * Math.log1p(-p));
  let k = 0;
  // Far out the masses vanish before u does: rounding of their sum, of about 1e-16 in probability.
  while (u > mass && k < Math.min(n, 200)) {
    u -= mass;
    mass *= (odds * (n - k)) / (k + 1);
    k++;
  }
  return k;
}

/** Algorithm BTRS of Hoermann (1993), "The generation of binomial random variates". */
function byRejection(source: RandomSource, n: number, p: number): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const peak = mass(Math.floor((n + 1) * p), n, p);
  for (;;) {
    const u = source.uniform() - 0.5;
    const v = source.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + centre);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || k > n) continue;
    if ((v * alpha * peak) / (a / (us * us) + b) <= mass(k, n, p)) return k;
  }
}

/** The probability of k: the density of Beta(k + 1, n - k + 1) over n + 1, which does not cancel for large n. */
function mass(k: number, n: number, p: number): number {
  return betaincGradX(k + 1, n - k + 1, p) / (n + 1);
}
