/**
 * @file Draws as functions of numbers: of a distribution's parameters and of two uniform numbers, whose bits are the key of a
 * source of its own. So a draw can be made wherever its parameters become known, also in the middle of a compiled program.
 * No tfjs is imported, so that a worker can have them without it.
 *
 * Uniform numbers here are odd multiples of 2^-24, as `fillNoise` makes them: 23 bits each. Of a million draws, two have the
 * same key in one case of a hundred and forty.
 */
import { drawBinomial } from './binomial.ts';
import { drawGamma, drawLogGamma } from './gamma.ts';
import { drawPoisson } from './poisson.ts';
import type { RandomSource } from './source.ts';
import { KeyedSource } from './source.ts';
import { drawVonMises } from './vonMises.ts';

/** The smallest normal float32: what positive draws that would round to zero become. */
const TINY = 2 ** -126;

/** In the free bits of the first word, so that these keys are not those of small seeds. */
const PURPOSE = 0x15b << 23;

const source = new KeyedSource();

function sourceOf(u: number, v: number): RandomSource {
  return source.at(PURPOSE | Math.floor(u * 2 ** 23), Math.floor(v * 2 ** 23));
}

/** Uniform on (0, 1), of 46 bits: an odd multiple of 2^-47. */
export function fineUniform(u: number, v: number): number {
  return u + (v - 0.5) * 2 ** -23;
}

/** A draw from Gamma(alpha, 1), at least 2^-126; NaN unless alpha > 0. */
export function keyedGamma(alpha: number, u: number, v: number): number {
  const draw = drawGamma(sourceOf(u, v), alpha);
  return draw < TINY ? TINY : draw;
}

/** The logarithm of a draw from Gamma(alpha, 1); NaN unless alpha > 0. */
export function keyedLogGamma(alpha: number, u: number, v: number): number {
  return drawLogGamma(sourceOf(u, v), alpha);
}

/** A Poisson draw; NaN unless rate >= 0. */
export function keyedPoisson(rate: number, u: number, v: number): number {
  return drawPoisson(sourceOf(u, v), rate);
}

/** A binomial draw; NaN for arguments that are none. */
export function keyedBinomial(totalCount: number, probs: number, u: number, v: number): number {
  return drawBinomial(sourceOf(u, v), totalCount, probs);
}

/** A von Mises draw in [-π, π]. */
export function keyedVonMises(loc: number, concentration: number, u: number, v: number): number {
  const angle = loc + drawVonMises(sourceOf(u, v), concentration);
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}

/** One with probability `probs`, else zero; NaN if it is. */
export function keyedBernoulli(probs: number, u: number, v: number): number {
  if (Number.isNaN(probs)) return probs;
  return fineUniform(u, v) <= probs ? 1 : 0;
}
