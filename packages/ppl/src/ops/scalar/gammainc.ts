/** @file The regularised incomplete gamma functions and their derivatives, in float64. */
import { digamma } from './digamma.ts';
import { HALF_LOG_2PI, lgamma, STIRLING, stirlingError } from './lgamma.ts';
import { log1pmx } from './logs.ts';

/** A value and its derivative with respect to a. */
interface Dual {
  readonly value: number;
  readonly slope: number;
}

/**
 * P(a, x) = 1/Gamma(a) times the integral of t^(a-1) e^-t from 0 to x: the distribution function of Gamma(a, 1).
 * For a, x >= 0; relative error about 1e-14.
 */
export function igamma(a: number, x: number): number {
  const limit = edge(a, x);
  if (limit !== null) return limit;
  return x < a + 1 ? density(a + 1, x) * series(a, x).value : 1 - igammac(a, x);
}

/** Q(a, x) = 1 - P(a, x), with relative error about 1e-14 where it is small too. */
export function igammac(a: number, x: number): number {
  const limit = edge(a, x);
  if (limit !== null) return 1 - limit;
  if (x >= a + 1) {
    const scale = x * density(a, x);
    return scale === 0 ? 0 : scale * fraction(a, x).value;
  }
  return a < 1 && x < 1.1 ? smallUpper(a, x) : 1 - igamma(a, x);
}

/** The density x^(a-1) e^-x / Gamma(a) of Gamma(a, 1), for a > 0: the derivative of P in x. */
export function density(a: number, x: number): number {
  if (!(x >= 0)) return Number.NaN;
  if (x === 0) return a === 1 ? 1 : a < 1 ? Infinity : 0;
  if (x === Infinity) return 0;
  const b = a - 1;
  if (b < STIRLING) return Math.exp(b * Math.log(x) - x - lgamma(a));
  // x^b e^-x / Gamma(b + 1) with Stirling's formula put in, so that the large parts never appear.
  return Math.exp(b * log1pmx((x - b) / b) - stirlingError(b) - 0.5 * Math.log(b) - HALF_LOG_2PI);
}

/** The derivative of P(a, x) in a; relative error about 1e-12. */
export function igammaGradA(a: number, x: number): number {
  const limit = edge(a, x);
  if (limit !== null) return Number.isNaN(limit) ? limit : 0;
  const scale = density(a, x);
  return scale === 0 ? 0 : -scale * gammaSampleGradient(a, x);
}

/**
 * dx/da of a draw x from Gamma(a, 1), had it been made by inverting its distribution function: -(dP/da) / (dP/dx).
 *
 * For x > 0 and any a > 0, right to about 1e-12. Source: Figurnov, Mohamed, Mnih (2018), "Implicit reparameterization
 * gradients", equation 5; the series and the fraction are differentiated term by term, so the density never enters.
 */
export function gammaSampleGradient(a: number, x: number): number {
  return x === 0 ? 0 : x * logGammaSampleGradient(a, Math.log(x));
}

/** d(log x)/da of such a draw, given log x: right also where x itself underflows. */
export function logGammaSampleGradient(a: number, logX: number): number {
  if (!(a > 0)) return Number.NaN;
  const x = Math.exp(logX);
  if (x < a + 1) {
    const { value, slope } = series(a, x);
    return -(value * (logX - digamma(a + 1)) + slope) / a;
  }
  const { value, slope } = fraction(a, x);
  return value * (logX - digamma(a)) + slope;
}

/** P where it follows without computing, or NaN outside the domain; null elsewhere. */
function edge(a: number, x: number): number | null {
  if (!(a >= 0 && x >= 0)) return Number.NaN;
  if (x === 0) return a === 0 ? Number.NaN : 0;
  if (a === Infinity) return x === Infinity ? Number.NaN : 0;
  return a === 0 || x === Infinity ? 1 : null;
}

/** S with P(a, x) = x^a e^-x / Gamma(a + 1) S: the sum of x^n / ((a + 1) ... (a + n)). DLMF 8.11.4. */
function series(a: number, x: number): Dual {
  let term = 1;
  let harmonic = 0;
  let value = 1;
  let slope = 0;
  for (let n = 1; term > value * 1e-17 || n < x - a; n++) {
    term *= x / (a + n);
    harmonic += 1 / (a + n);
    value += term;
    slope -= term * harmonic;
  }
  return { value, slope };
}

/**
 * F with Q(a, x) = x^a e^-x / Gamma(a) F: the continued fraction 1/(b0 + a1/(b1 + a2/(b2 + ...))) with
 * b(n) = x + 2n + 1 - a and a(n) = n (a - n). DLMF 8.9.2 after contraction.
 */
function fraction(a: number, x: number): Dual {
  // Lentz's method tells how many levels are needed; from there it is evaluated upwards, with its derivative. It is run
  // at a half-integer near a: for whole a the fraction ends after a levels, but its derivative does not.
  const near = Math.floor(a) + 0.5;
  let levels = 0;
  let c = x + 1 - near;
  let d = 0;
  let change: number;
  do {
    levels++;
    const b = x + 2 * levels + 1 - near;
    const numerator = levels * (near - levels);
    d = 1 / (b + numerator * d);
    c = b + numerator / c;
    change = c * d;
  } while (Math.abs(change - 1) > 3e-16);
  let tail = x + 2 * levels + 1 - a;
  let tailSlope = -1;
  for (let n = levels; n > 0; n--) {
    const numerator = n * (a - n);
    tailSlope = -1 + (n - (numerator * tailSlope) / tail) / tail;
    tail = x + 2 * n - 1 - a + numerator / tail;
  }
  return { value: 1 / tail, slope: -tailSlope / (tail * tail) };
}

/** Q for a < 1 and small x, where 1 - P would cancel: Gautschi (1979), "A computational procedure for incomplete gamma functions". */
function smallUpper(a: number, x: number): number {
  const logScale = a * Math.log(x) - lgamma(1 + a);
  let power = 1;
  let sum = 0;
  for (let n = 1; n < 40; n++) {
    power *= -x / n;
    sum += power / (a + n);
  }
  return -Math.expm1(logScale) - Math.exp(logScale) * a * sum;
}
