/**
 * @file The error function, and its complement in float64.
 *
 * Below 1/2 a polynomial; from there on erfc x = e^(-x^2) erfcx x, where erfcx falls like 1/x and is a polynomial in
 * (x - 3) / (x + 3) divided by 1 + 2x (the mapping of Schonfelder, 1978; coefficients of test/fixtures/minimax.py).
 */
import type { Local } from '../encode/functionBuilder.ts';
import { expOfSum } from './exp.ts';
import type { ByPrecision, MathLanes } from './mathLanes.ts';

/** erf(x) / x - 1 in powers of x^2, for |x| <= 1/2. */
const NEAR_ZERO: ByPrecision<readonly number[]> = {
  float64: [
    0.12837916709551256, -0.3761263890318347, 0.11283791670925315, -0.026866170632867736, 0.005223977372580492,
    -0.0008548297705505037, 0.00012053332349549103, -1.4845768721249824e-5, 1.472493789413681e-6,
  ],
  float32: [0.12837916612625122, -0.37612608075141907, 0.1128283441066742, -0.02675790712237358, 0.004719357937574387],
};

/** (1 + 2x) e^(x^2) erfc(x) in powers of (x - 3) / (x + 3), for 1/2 <= x; in float32 up to 4.5. */
const SCALED: ByPrecision<readonly number[]> = {
  float64: [
    1.2530080582697296, -0.13562110612458123, -0.04756229435345158, 0.12964515870276805, -0.11927366341524766,
    0.06830802734369226, -0.02377051492033462, 0.0025293918213164708, 0.0018886903821624232, -0.0007798323273171357,
    -0.00010515997498341539, 0.00012509971720908652, 4.95028817770094e-6, -2.0102152436349664e-5, -7.337826375109548e-7,
    3.4770025563578205e-6, 3.60691841155889e-7, -6.254091004557349e-7, -1.4499207189800824e-7, 1.1243741982394402e-7,
    4.2285251901273756e-8, -2.0608684742045147e-8, -6.953272346582692e-9, 3.1675066383013985e-9,
  ],
  float32: [
    1.2530080080032349, -0.1356211006641388, -0.0475621297955513, 0.12964536249637604, -0.11928167194128036,
    0.0682813823223114, -0.023700159043073654, 0.003034807275980711, 0.0028783362358808517,
  ],
};

/** erf x is 1 to rounding from here on. */
const ONE_FROM: ByPrecision<number> = { float64: 6, float32: 4.5 };

/** erf x for |x| <= 1/2. */
export function erfNearZero(v: MathLanes, x: Local): Local {
  const square = v.mul(x, x);
  return v.mulAdd(x, v.polynomial(square, v.mul(square, square), v.pick(NEAR_ZERO)), x);
}

/** e^(x^2) erfc x for x >= 1/2. */
export function erfcx(v: MathLanes, x: Local): Local {
  const t = v.div(v.plus(x, -3), v.plus(x, 3));
  return v.div(v.polynomial(t, v.mul(t, t), v.pick(SCALED)), v.plus(v.add(x, x), 1));
}

/** e^(-factor x^2) for a factor of 1 or 1/2 and |x| <= 40; the square is exact, as e^x would multiply its rounding error. */
export function expOfMinusSquare(v: MathLanes, x: Local, factor: number = 1): Local {
  const high = v.cut(x);
  const scaled = v.times(high, -factor);
  const tail = v.times(v.mul(v.sub(x, high), v.add(x, high)), -factor);
  return expOfSum(v, v.mul(high, scaled), tail);
}

/** erfc x for 1/2 <= x, and of `most` for what is beyond. */
function upperTail(v: MathLanes, x: Local, most: number): Local {
  const bounded = v.atMost(v.atLeast(x, 0.5), most);
  return v.mul(expOfMinusSquare(v, bounded), erfcx(v, bounded));
}

/** 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
export function erf(v: MathLanes, x: Local): Local {
  const size = v.abs(x);
  return v.whereAny(v.le(v.constant(0.5), size), erfNearZero(v, x), () => {
    return v.withSignOf(v.sub(v.constant(1), upperTail(v, size, v.pick(ONE_FROM))), x);
  });
}

/** 1 - erf x, without cancellation for large x. */
export function erfc(v: MathLanes, x: Local): Local {
  const size = v.abs(x);
  const near = v.sub(v.constant(1), erfNearZero(v, x));
  return v.whereAny(v.le(v.constant(0.5), size), near, () => {
    const tail = upperTail(v, size, 28); // where it is 0
    return v.select(v.lt(x, v.constant(0)), v.sub(v.constant(2), tail), tail);
  });
}
