/** @file The distribution function of the standard normal, its logarithm and the derivative of that; float64 only. */
import type { Local } from '../encode/functionBuilder.ts';
import { erfcx, erfNearZero, expOfMinusSquare } from './erf.ts';
import type { Mask } from '../lanes/lanes.ts';
import type { MathLanes } from './mathLanes.ts';

const SQRT_2_OVER_PI = 0.7978845608028654;

/** x seen from the error function: |x| / sqrt 2 below 1/2, or beyond on the one side or the other. */
interface Place {
  readonly near: Mask;
  readonly left: Mask;
  /** Phi(x) - 1/2, where near. */
  readonly aboveHalf: Local;
  /** |x|, at most 40 and at least what is no longer near. */
  readonly size: Local;
  /** e^(x^2/2) erfc(|x| / sqrt 2), where not near. */
  readonly scaled: Local;
}

function place(v: MathLanes, x: Local): Place {
  const size = v.abs(x);
  const small = v.times(x, Math.SQRT1_2);
  return {
    near: v.lt(size, v.constant(Math.SQRT1_2)),
    left: v.lt(x, v.constant(0)),
    aboveHalf: v.times(erfNearZero(v, small), 0.5),
    size: v.atMost(size, 40),
    scaled: erfcx(v, v.atMost(v.atLeast(v.abs(small), 0.5), 1e300)),
  };
}

/** Phi(x) = the probability of the standard normal below x. */
export function ndtr(v: MathLanes, x: Local): Local {
  const { near, left, aboveHalf, size, scaled } = place(v, x);
  const tail = v.mul(v.times(expOfMinusSquare(v, size, 0.5), 0.5), scaled);
  return v.select(near, v.plus(aboveHalf, 0.5), v.select(left, tail, v.sub(v.constant(1), tail)));
}

/** log Phi(x), without underflow. */
export function logNdtr(v: MathLanes, x: Local): Local {
  const { near, left, aboveHalf, size, scaled } = place(v, x);
  const upper = v.mul(v.times(expOfMinusSquare(v, size, 0.5), -0.5), scaled);
  const rightOrNear = v.call('log1p', [v.select(near, v.plus(aboveHalf, -0.5), upper)]);
  const farLeft = v.bitAndNot(left, near);
  return v.whereAny(farLeft, rightOrNear, () => {
    return v.sub(v.call('log', [v.times(scaled, 0.5)]), v.mul(v.times(x, 0.5), x));
  });
}

/** phi(x) / Phi(x), the derivative of log Phi(x). */
export function normalHazard(v: MathLanes, x: Local): Local {
  const { near, left, aboveHalf, size, scaled } = place(v, x);
  const density = v.times(expOfMinusSquare(v, size, 0.5), SQRT_2_OVER_PI / 2);
  const tail = v.mul(density, v.times(scaled, 0.5 / (SQRT_2_OVER_PI / 2)));
  const below = v.select(near, v.plus(aboveHalf, 0.5), v.sub(v.constant(1), tail));
  const farLeft = v.bitAndNot(left, near);
  return v.div(v.select(farLeft, v.constant(SQRT_2_OVER_PI), density), v.select(farLeft, scaled, below));
}
