/**
 * @file log x and log(1 + x).
 *
 * x = 2^k m with m between sqrt(1/2) and sqrt 2, and with f = m - 1 and s = f / (2 + f)
 * log m = 2 artanh s = f - f^2/2 + s (f^2/2 + s^2 p(s^2)), with p a minimax polynomial (test/fixtures/minimax.py). That form
 * rounds only small terms; it is that of fdlibm's e_log.
 */
import type { Local } from '../encode/functionBuilder.ts';
import { LN2 } from './ln2.ts';
import type { ByPrecision, MathLanes } from './mathLanes.ts';

/** p of 2 artanh s = 2 s + s^3 p(s^2), lowest power first. */
const REST: ByPrecision<readonly number[]> = {
  float64: [
    0.6666666666666735, 0.39999999999411096, 0.2857142874326186, 0.2222219847605323, 0.1818356973707263,
    0.1531390330083482, 0.14797507297993423,
  ],
  float32: [0.6666677594184875, 0.399774968624115, 0.298730731010437],
};

/** The bits of sqrt(1/2), rounded to a few places. */
const ROOT: ByPrecision<bigint> = { float64: 0x3fe6a09e00000000n, float32: 0x3f3504f3n };
/** The bits of 1. */
const ONE: ByPrecision<bigint> = { float64: 0x3ff0000000000000n, float32: 0x3f800000n };

/** How far subnormal numbers are lifted, as a power of two. */
const LIFT: ByPrecision<number> = { float64: 64, float32: 32 };

/** x = 2^k m. */
export interface Split {
  /** The exponent, a whole number. */
  readonly k: Local;
  /** Between sqrt(1/2) and sqrt 2. */
  readonly m: Local;
}

/** x = 2^k m for positive normal x. */
function splitNormal(v: MathLanes, x: Local): Split {
  const one = v.pick(ONE);
  const root = v.pick(ROOT);
  const moved = v.bitAdd(x, v.bits(one - root));
  // The biased exponent in the low bits of 2^fractionBits, a float whose last place is 1.
  const counter = 2 ** v.fractionBits;
  const biased = v.bitOr(v.shiftRight(moved, v.fractionBits), v.constant(counter));
  const k = v.plus(biased, -(counter + v.exponentEnd - 1));
  const fraction = v.bits((1n << BigInt(v.fractionBits)) - 1n);
  const m = v.bitAdd(v.bitAnd(moved, fraction), v.bits(root));
  return { k, m };
}

/** x = 2^k m for positive x; subnormal numbers are looked after if the condition holds. */
export function split(v: MathLanes, x: Local, exceptional: Local): Split {
  const lift = v.pick(LIFT);
  const subnormal = (): Local => v.lt(x, v.constant(2 ** (2 - v.exponentEnd)));
  const lifted = v.unless(exceptional, x, () => {
    return v.mul(x, v.bitAdd(v.constant(1), v.only(subnormal(), v.bits(BigInt(lift) << BigInt(v.fractionBits)))));
  });
  const { k, m } = splitNormal(v, lifted);
  return { k: v.unless(exceptional, k, () => v.sub(k, v.only(subnormal(), v.constant(lift)))), m };
}

/** high + low + log(1 + f), for sqrt(1/2) <= 1 + f <= sqrt 2. */
export function logOfSplit(v: MathLanes, high: Local, low: Local, f: Local): Local {
  const s = v.div(f, v.plus(f, 2));
  const z = v.mul(s, s);
  const rest = v.mul(z, v.polynomial(z, v.mul(z, z), v.pick(REST)));
  const halfSquare = v.mul(v.times(f, 0.5), f);
  const small = v.mulAdd(s, v.add(halfSquare, rest), low);
  return v.sub(high, v.sub(v.sub(halfSquare, small), f));
}

/** k ln 2 + log(1 + f). */
function logOfParts(v: MathLanes, k: Local, f: Local): Local {
  const [high, low] = v.pick(LN2);
  return logOfSplit(v, v.times(k, high), v.times(k, low), f);
}

/** `y`, a logarithm, set right where its argument x is 0 (-Infinity), negative (NaN), infinite or NaN (as it is). */
export function withSpecialValues(v: MathLanes, y: Local, x: Local): Local {
  const zero = v.constant(0);
  const finite = v.select(v.le(x, v.constant(v.greatest)), y, x);
  const atZero = v.sub(finite, v.only(v.eq(x, zero), v.constant(Infinity)));
  return v.bitOr(atZero, v.lt(x, zero));
}

/** log x; -Infinity at 0, NaN below. */
export function log(v: MathLanes, x: Local): Local {
  const exceptional = v.any(v.exceptional(x));
  const { k, m } = split(v, x, exceptional);
  return v.unless(exceptional, logOfParts(v, k, v.plus(m, -1)), (y) => withSpecialValues(v, y, x));
}

/** log(1 + x), without cancellation near 0; -Infinity at -1, NaN below. */
export function log1p(v: MathLanes, x: Local): Local {
  const one = v.constant(1);
  const u = v.add(x, one);
  // x + 1 = u + error: exactly for u < 2^53, and beyond that it does not matter.
  const error = v.sub(x, v.sub(u, one));
  const { k, m } = splitNormal(v, u);
  // (1 + x) / 2^k - 1 = (m - 1) + error / 2^k, where 2^-k is m / u; four times that is finite for every k.
  const quarter = v.bits(v.pick(ONE) + (2n << BigInt(v.fractionBits)));
  const scale = v.bitAdd(v.bitSub(m, u), quarter);
  const f = v.add(v.sub(m, one), v.times(v.mul(error, scale), 0.25));
  const y = v.unless(v.any(v.exceptional(u)), logOfParts(v, k, f), (rough) => withSpecialValues(v, rough, u));
  return v.bitOr(y, v.bitAnd(x, v.signBit()));
}
