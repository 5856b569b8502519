/** @file Poisson draws. */
import { density } from '../ops/scalar/gammainc.ts';
import type { RandomSource } from './source.ts';

/** A draw from the Poisson distribution; exact for every rate >= 0, in bounded expected time. NaN for other rates. */
export function drawPoisson(source: RandomSource, rate: number): number {
  if (!(rate >= 0 && rate < Infinity)) return Number.NaN;
  return rate < 10 ? byInversion(source, rate) : byRejection(source, rate);
}

/** Walks up the distribution function. */
function byInversion(source: RandomSource, rate: number): number {
  let u = source.uniform();
  let mass = Math.exp(-rate);
  let k = 0;
  // Far out the masses vanish before u does: rounding of their sum, of about 1e-16 in probability.
  while (u > mass && k < 200) {
    u -= mass;
    k++;
    mass *= rate / k;
  }
  return k;
}

/** Algorithm PTRS of Hoermann (1993), "The transformed rejection method for generating Poisson random variables". */
function byRejection(source: RandomSource, rate: number): number {
  const root = Math.sqrt(rate);
  const b = 0.931 + 2.53 * root;
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = source.uniform() - 0.5;
    const v = source.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    // rate^k e^-rate / k! is the gamma density at k + 1, which does not cancel for large rates.
    if ((v * inverseAlpha) / (a / (us * us) + b) <= density(k + 1, rate)) return k;
  }
}
