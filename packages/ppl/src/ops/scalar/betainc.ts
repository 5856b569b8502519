/** @file The regularised incomplete beta function and its derivatives, in float64. */
import { digammaDifference } from './digamma.ts';
import { lbeta } from './lbeta.ts';
import { HALF_LOG_2PI, STIRLING, stirlingError } from './lgamma.ts';
import { log1pmx } from './logs.ts';

/**
 * I(a, b, x) = 1/B(a, b) times the integral of t^(a-1) (1-t)^(b-1) from 0 to x: the distribution function of Beta(a, b).
 * For a, b > 0 and 0 <= x <= 1; relative error about 1e-13.
 */
export function betainc(a: number, b: number, x: number): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return Number.NaN;
  if (x === 0 || x === 1) return x;
  if (isLower(a, b, x)) return (power(a, b, x, 1 - x) / a) * fraction(a, b, x).value;
  return 1 - (power(b, a, 1 - x, x) / b) * fraction(b, a, 1 - x).value;
}

/** The derivative of I in x: the density of Beta(a, b). */
export function betaincGradX(a: number, b: number, x: number): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return Number.NaN;
  if (x === 0) return a === 1 ? b : a < 1 ? Infinity : 0;
  if (x === 1) return b === 1 ? a : b < 1 ? Infinity : 0;
  return power(a, b, x, 1 - x) / (x * (1 - x));
}

/** The derivative of I in a. */
export function betaincGradA(a: number, b: number, x: number): number {
  return gradient(a, b, x, 'a');
}

/** The derivative of I in b. */
export function betaincGradB(a: number, b: number, x: number): number {
  return gradient(a, b, x, 'b');
}

function gradient(a: number, b: number, x: number, in_: 'a' | 'b'): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return Number.NaN;
  if (x === 0 || x === 1) return 0;
  if (isLower(a, b, x)) return in_ === 'a' ? first(a, b, x, 1 - x) : second(a, b, x, 1 - x);
  return in_ === 'a' ? -second(b, a, 1 - x, x) : -first(b, a, 1 - x, x);
}

/** dI/da by the fraction for I; y = 1 - x. */
function first(a: number, b: number, x: number, y: number): number {
  const { value, slopeA } = fraction(a, b, x);
  return (power(a, b, x, y) / a) * (value * (logOf(x, y) - digammaDifference(a, b) - 1 / a) + slopeA);
}

/** dI/db by the fraction for I; y = 1 - x. */
function second(a: number, b: number, x: number, y: number): number {
  const { value, slopeB } = fraction(a, b, x);
  return (power(a, b, x, y) / a) * (value * (logOf(y, x) - digammaDifference(b, a)) + slopeB);
}

/** Where the fraction converges fast: x below about the mean. Above it, I(a, b, x) = 1 - I(b, a, 1 - x). */
function isLower(a: number, b: number, x: number): boolean {
  return x < (a + 1) / (a + b + 2);
}

/** log x, given also y = 1 - x. */
function logOf(x: number, y: number): number {
  return x > 0.5 ? Math.log1p(-y) : Math.log(x);
}

/** x^a y^b / B(a, b), with y = 1 - x. */
function power(a: number, b: number, x: number, y: number): number {
  if (a < STIRLING || b < STIRLING) return Math.exp(a * logOf(x, y) + b * logOf(y, x) - lbeta(a, b));
  // Stirling's formula put in: with d = a - (a + b) x the large parts of the exponent cancel on paper.
  const d = a * y - b * x;
  const exponent = a * log1pmx(-d / a) + b * log1pmx(d / b);
  const error = stirlingError(a) + stirlingError(b) - stirlingError(a + b);
  return Math.sqrt(a * (b / (a + b))) * Math.exp(exponent - error - HALF_LOG_2PI);
}

/** The continued fraction 1/(1 + d1/(1 + d2/(1 + ...))) of DLMF 8.17.22, with its derivatives in a and in b. */
function fraction(a: number, b: number, x: number): { value: number; slopeA: number; slopeB: number } {
  const even = (m: number, by = b) => (m * (by - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
  const odd = (m: number, by = b) => (-(a + m) * (a + by + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
  // Lentz's method tells how many levels are needed; from there it is evaluated upwards, with its derivatives. It is run
  // at a half-integer near b: for whole b the fraction ends after b levels, but its derivative does not.
  const near = Math.floor(b) + 0.5;
  let levels = 0;
  let c = 1;
  let d = 0;
  let change: number;
  do {
    change = 1;
    for (const numerator of [odd(levels, near), even(levels + 1, near)]) {
      d = 1 / (1 + numerator * d);
      c = 1 + numerator / c;
      change *= c * d;
    }
    levels++;
  } while (Math.abs(change - 1) > 1e-15 && levels < 100_000);
  let tail = 1;
  let slopeA = 0;
  let slopeB = 0;
  const lift = (numerator: number, byA: number, byB: number): void => {
    slopeA = (byA - (numerator * slopeA) / tail) / tail;
    slopeB = (byB - (numerator * slopeB) / tail) / tail;
    tail = 1 + numerator / tail;
  };
  for (let m = levels; m > 0; m--) {
    const e = even(m);
    lift(e, -e * (1 / (a + 2 * m - 1) + 1 / (a + 2 * m)), (m * x) / ((a + 2 * m - 1) * (a + 2 * m)));
    const n = m - 1;
    const o = odd(n);
    lift(o, o * (1 / (a + n) + 1 / (a + b + n) - 1 / (a + 2 * n) - 1 / (a + 2 * n + 1)), o / (a + b + n));
  }
  return { value: 1 / tail, slopeA: -slopeA / (tail * tail), slopeB: -slopeB / (tail * tail) };
}
