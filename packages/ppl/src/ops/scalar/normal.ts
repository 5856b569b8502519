/** @file The distribution function of the standard normal, in float64. */
import { erfc, erfcinv, erfcx, expMinusSquare } from './erf.ts';

const SQRT_2_OVER_PI = 0.7978845608028654;

/** Phi(x), the probability below x; relative error about 1e-15 in the far left tail too. */
export function ndtr(x: number): number {
  if (x > -1) return 0.5 * erfc(-x * Math.SQRT1_2);
  return 0.5 * expMinusSquare(x, 0.5) * erfcx(-x * Math.SQRT1_2);
}

/** log Phi(x), without underflow. */
export function logNdtr(x: number): number {
  if (x > -1) return Math.log1p(-0.5 * erfc(x * Math.SQRT1_2));
  return Math.log(0.5 * erfcx(-x * Math.SQRT1_2)) - 0.5 * x * x;
}

/** The x with Phi(x) = p, for 0 <= p <= 1; NaN outside. */
export function ndtri(p: number): number {
  return -Math.SQRT2 * erfcinv(2 * p);
}

/** phi(x) / Phi(x), the derivative of {@link logNdtr} (the inverse Mills ratio). */
export function normalHazard(x: number): number {
  if (x < 0) return SQRT_2_OVER_PI / erfcx(-x * Math.SQRT1_2);
  return (SQRT_2_OVER_PI * expMinusSquare(x, 0.5)) / erfc(-x * Math.SQRT1_2);
}
