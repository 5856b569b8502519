/**
 * @file The logarithm of the gamma function and its first two derivatives; float64 only.
 *
 * Stirling's series for large arguments, with minimax coefficients (test/fixtures/minimax.py) in place of Bernoulli's
 * numbers, and the recurrence for smaller ones. Abramowitz and Stegun 6.1.40, 6.3.18, 6.4.12 (series), 6.1.15, 6.3.5, 6.4.6
 * (recurrences), 6.1.17, 6.3.7 (reflections).
 */
import type { Local } from '../encode/functionBuilder.ts';
import { log } from './log.ts';
import type { MathLanes } from './mathLanes.ts';

/** y (log Gamma(y) - (y - 1/2) log y + y - log(2 pi) / 2) in powers of 1/y^2, for y >= 4. */
const STIRLING: readonly number[] = [
  0.08333333333333118, -0.00277777777606559, 0.0007936503942579192, -0.0005951958957457856, 0.0008393463180328893,
  -0.0018372572890431025, 0.0047772673525809575, -0.008759598283520359,
];

/** log Gamma(2 + z) / z, for |z| <= 1/2. */
const AROUND_TWO: readonly number[] = [
  0.42278433509846713, 0.32246703342411326, -0.06735230105319559, 0.020580808427777143, -0.007385551028940293,
  0.0028905103312156662, -0.001192753900838867, 0.0005096695108499506, -0.000223154980086008, 9.945773438833741e-5,
  -4.492370418064753e-5, 2.050513059314231e-5, -9.4564037672121e-6, 4.386686923015193e-6, -1.974015429920976e-6,
  9.155206869030177e-7, -5.814345644688941e-7, 2.830069028653861e-7,
];

/** y^2 (psi(y) - log y + 1/(2y)) in powers of 1/y^2, for y >= 6. */
const DIGAMMA: readonly number[] = [
  -0.08333333333332585, 0.008333333326319674, -0.003968251736944744, 0.0041663278910485995, -0.007547893928715736,
  0.019798865028151667, -0.04999898659091825,
];

/** y^3 (psi'(y) - 1/y - 1/(2 y^2)) in powers of 1/y^2, for y >= 6. */
const TRIGAMMA: readonly number[] = [
  0.1666666666665561, -0.03333333322944106, 0.023809490668907005, -0.03332828410755649, 0.07534018291730331,
  -0.23356795394394603, 0.6547748176791134,
];

const HALF_LOG_2PI = 0.9189385332046728;

/** How far arguments are moved up for the series of psi and psi'. */
const SHIFT = 6;

/** log |Gamma(x)|; Infinity at 0, -1, -2, ... */
export function lgamma(v: MathLanes, x: Local): Local {
  // Everything is factor (log of - minus) + rest, so that one logarithm serves.
  const inverse = v.div(v.constant(1), x);
  const square = v.mul(inverse, inverse);
  const series = v.mul(inverse, v.polynomial(square, v.mul(square, square), STIRLING));
  const parts = { of: x, factor: v.plus(x, -0.5), minus: v.constant(1), rest: v.plus(series, HALF_LOG_2PI - 0.5) };
  const small = v.lt(x, v.constant(4));
  const { of, factor, minus, rest } = v.partsWhereAny(small, parts, () => aroundTwo(v, x));
  const y = v.mulAdd(factor, v.sub(log(v, of), minus), rest);
  const negative = v.lt(x, v.constant(0));
  return v.whereAny(negative, y, () => {
    const mirrored = v.select(negative, v.sub(v.constant(1), x), v.constant(1));
    const sine = v.abs(v.call('sin', [turn(v, x)]));
    const reflected = v.sub(v.call('log', [v.div(v.constant(Math.PI), sine)]), v.call('Lgamma', [mirrored]));
    return v.select(v.eq(v.nearest(x), x), v.constant(Infinity), reflected);
  });
}

/** log Gamma(x) = factor (log(of) - minus) + rest. */
type LogGammaParts = Readonly<Record<'of' | 'factor' | 'minus' | 'rest', Local>>;

/** For 0 <= x < 4: moved by the recurrence to 2 + z, |z| <= 1/2. */
function aroundTwo(v: MathLanes, x: Local): LogGammaParts {
  const one = v.constant(1);
  const low = v.lt(x, v.constant(1.5));
  const lowest = v.lt(x, v.constant(0.5));
  const before = v.plus(x, -1);
  // Gamma(x) = Gamma(x + 2) / (x (x + 1)) or Gamma(x + 1) / x; else Gamma(x - 1) (x - 1) and so on.
  const divisor = v.select(lowest, v.mul(x, v.plus(x, 1)), x);
  const high = v.lt(v.constant(2.5), x);
  const highest = v.lt(v.constant(3.5), x);
  const multiplier = v.mul(v.select(high, before, one), v.select(highest, v.plus(x, -2), one));
  const steps = v.add(v.only(high, one), v.only(highest, one));
  const z = v.select(low, v.select(lowest, x, before), v.sub(v.plus(x, -2), steps));
  return {
    of: v.select(low, divisor, multiplier),
    factor: v.select(low, v.constant(-1), one),
    minus: v.constant(0),
    rest: v.mul(z, v.polynomial(z, v.mul(z, z), AROUND_TWO)),
  };
}

/** pi times the signed distance from x to the nearest whole number. */
function turn(v: MathLanes, x: Local): Local {
  return v.times(v.sub(x, v.nearest(x)), Math.PI);
}

/** psi(x), the derivative of log Gamma(x): -Infinity at 0, NaN at -1, -2, ... */
export function digamma(v: MathLanes, x: Local): Local {
  const small = v.lt(x, v.constant(SHIFT));
  const { y, shifted } = v.partsWhereAny(small, { y: x, shifted: v.constant(0) }, () => {
    // 1/x + 1/(x + 1) + ... = p'/p, where p = x (x + 1) ...
    let p = x;
    let derivative = v.constant(1);
    for (let i = 1; i < SHIFT; i++) {
      const next = v.plus(x, i);
      derivative = v.mulAdd(derivative, next, p);
      p = v.mul(p, next);
    }
    return { y: v.plus(x, SHIFT), shifted: v.div(derivative, p) };
  });
  const inverse = v.div(v.constant(1), y);
  const square = v.mul(inverse, inverse);
  const series = v.mul(square, v.polynomial(square, v.mul(square, square), DIGAMMA));
  const psi = v.sub(v.add(v.sub(log(v, y), v.times(inverse, 0.5)), series), shifted);
  const zero = v.constant(0);
  const notPositive = v.le(x, zero);
  return v.whereAny(notPositive, psi, () => {
    const mirrored = v.select(notPositive, v.sub(v.constant(1), x), v.constant(1));
    const angle = turn(v, x);
    const cotangent = v.div(v.call('cos', [angle]), v.call('sin', [angle]));
    const reflected = v.sub(v.call('Digamma', [mirrored]), v.times(cotangent, Math.PI));
    const atPole = v.select(v.eq(x, zero), v.constant(-Infinity), v.constant(Number.NaN));
    return v.select(v.eq(v.nearest(x), x), atPole, reflected);
  });
}

/** psi'(x) for x > 0: Infinity at 0, NaN below. */
export function trigamma(v: MathLanes, x: Local): Local {
  const one = v.constant(1);
  const small = v.lt(x, v.constant(SHIFT));
  const { y, shifted } = v.partsWhereAny(small, { y: x, shifted: v.constant(0) }, () => {
    // 1/(x + 1)^2 + 1/(x + 2)^2 + ... as a fraction; 1/x^2 apart, as its denominator may be very small.
    const first = v.plus(x, 1);
    let denominator = v.mul(first, first);
    let numerator = one;
    for (let i = 2; i < SHIFT; i++) {
      const next = v.plus(x, i);
      const square = v.mul(next, next);
      numerator = v.mulAdd(numerator, square, denominator);
      denominator = v.mul(denominator, square);
    }
    const own = v.div(one, x);
    return { y: v.plus(x, SHIFT), shifted: v.mulAdd(own, own, v.div(numerator, denominator)) };
  });
  const inverse = v.div(one, y);
  const square = v.mul(inverse, inverse);
  const curve = v.mulAdd(inverse, v.polynomial(square, v.mul(square, square), TRIGAMMA), v.constant(0.5));
  const value = v.add(v.mulAdd(square, curve, inverse), shifted);
  return v.bitOr(value, v.lt(x, v.constant(0)));
}
