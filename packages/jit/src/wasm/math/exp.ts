/**
 * @file e^x and e^x - 1.
 *
 * x = k ln 2 + r with |r| <= ln 2 / 2, so that e^x = 2^k e^r; e^r = 1 + r + r^2 q(r) with q a minimax polynomial
 * (test/fixtures/minimax.py). ln 2 is held in two parts, of which k times the first is exact (Cody and Waite, 1980).
 */
import type { Local } from '../encode/functionBuilder.ts';
import { LN2 } from './ln2.ts';
import type { ByPrecision, MathLanes } from './mathLanes.ts';

/** q of e^r = 1 + r + r^2 q(r), lowest power first. */
const REST: ByPrecision<readonly number[]> = {
  float64: [
    0.5000000000000006, 0.16666666666666588, 0.041666666666576466, 0.008333333333389719, 0.0013888888931667183,
    0.0001984126971874227, 2.4801505142712055e-5, 2.7557407658717368e-6, 2.762609279919311e-7, 2.505378409107624e-8,
  ],
  float32: [0.4999999701976776, 0.1666654348373413, 0.04166720062494278, 0.008366547524929047, 0.0013882515486329794],
};

/** Beyond these the result is 0 or infinite, whatever else. */
const RANGE: ByPrecision<readonly [number, number]> = { float64: [-746, 710], float32: [-104, 89] };

/** Up to this size of x, 2^k is a normal number. */
const NORMAL: ByPrecision<number> = { float64: 708, float32: 87 };

/** What e^x - 1 is -1 below. */
const MINUS_ONE: ByPrecision<number> = { float64: -40, float32: -20 };

interface Reduced {
  readonly r: Local;
  /** What rounding took from r. */
  readonly rest: () => Local;
}

/** x - k ln 2, for x that is not huge. */
function reduce(v: MathLanes, x: Local, k: Local): Reduced {
  const [high, low] = v.pick(LN2);
  const rough = v.mulAdd(k, v.constant(-high), x);
  const r = v.mulAdd(k, v.constant(-low), rough);
  return { r, rest: () => v.mulAdd(k, v.constant(-low), v.sub(rough, r)) };
}

/** The k that makes r least. */
function nearestPower(v: MathLanes, x: Local): Local {
  return v.nearest(v.times(x, Math.LOG2E));
}

/** r^2 q(r), which is e^r - 1 - r. */
function curve(v: MathLanes, r: Local): Local {
  const squared = v.mul(r, r);
  return v.mul(squared, v.polynomial(r, squared, v.pick(REST)));
}

/** e^x. */
export function exp(v: MathLanes, x: Local): Local {
  return expOfSum(v, x, undefined);
}

/** e^(x + tail) for a tail far smaller than x, or 0. */
export function expOfSum(v: MathLanes, x: Local, tail: Local | undefined): Local {
  const [least, greatest] = v.pick(RANGE);
  const far = v.any(v.lt(v.constant(v.pick(NORMAL)), v.abs(x)));
  const bounded = v.unless(far, x, () => v.atLeast(v.atMost(x, greatest), least));
  const k = nearestPower(v, bounded);
  const shifted = v.plus(k, v.magic);
  const { r } = reduce(v, bounded, k);
  const sum = tail === undefined ? r : v.add(r, tail);
  const power = v.plus(v.add(sum, curve(v, sum)), 1);
  return v.unless(far, v.mul(power, v.powerOfTwo(shifted)), () => {
    // 2^k in two factors, as it may be below the normal numbers, or above them when e^r is below 1.
    const half = v.shiftRight(shifted, 1);
    return v.mul(v.mul(power, v.powerOfTwo(half)), v.powerOfTwo(v.bitSub(shifted, half)));
  });
}

/** e^x - 1 for |x| <= 40 (float32: 20) outside of (0, 0.6), where r would have to be better known. */
export function expm1ForTanh(v: MathLanes, x: Local): Local {
  const k = nearestPower(v, x);
  const { r } = reduce(v, x, k);
  const scale = v.powerOfTwo(v.plus(k, v.magic));
  return v.mulAdd(scale, curve(v, r), v.mulAdd(scale, r, v.plus(scale, -1)));
}

/** e^x - 1, without cancellation near 0. */
export function expm1(v: MathLanes, x: Local): Local {
  const bounded = v.atLeast(v.atMost(x, v.pick(RANGE)[1]), v.pick(MINUS_ONE));
  const k = nearestPower(v, bounded);
  const { r, rest } = reduce(v, bounded, k);
  // Half of everything, since 2^k may be one beyond the finite numbers.
  const scale = v.powerOfTwo(v.plus(k, v.magic - 1));
  const small = v.add(curve(v, r), rest());
  const half = v.mulAdd(scale, small, v.mulAdd(scale, r, v.plus(scale, -0.5)));
  const tiny = v.lt(v.abs(x), v.constant(2 ** -(v.fractionBits + 2)));
  return v.select(tiny, x, v.add(half, half));
}
