/**
 * @file x^y = e^(y log x), with log x to some 66 bits, as the product multiplies its error by up to 745.
 *
 * Numbers are held as sums of two floats, and products of two are made exact by cutting factors to 26 bits; fused
 * multiply-adds are not relied on. The scheme is that of fdlibm's e_pow, without its table.
 */
import type { Local } from '../encode/functionBuilder.ts';
import { expOfSum } from './exp.ts';
import { LN2 } from './ln2.ts';
import { split } from './log.ts';
import type { MathLanes } from './mathLanes.ts';

/** (artanh(s) / s - 1 - s^2/3) / s^4 in powers of s^2. */
const REST: readonly number[] = [
  0.1999999999999999, 0.1428571428572261, 0.11111111108755284, 0.09090909436747782, 0.07692278326865114,
  0.06668162894420553, 0.05837324184834806, 0.05995216076725751,
];

/** 1/3 in two parts. */
const THIRD: readonly [number, number] = [0.3333333333333333, 1.850371707708594e-17];

/** A number as the sum of a float and a much smaller one. */
interface Pair {
  readonly high: Local;
  readonly low: Local;
}

/** a + b, and what rounding took; |a| must be the greater, or the sum exact. */
function fastTwoSum(v: MathLanes, a: Local, b: Local): Pair {
  const high = v.add(a, b);
  return { high, low: v.add(v.sub(a, high), b) };
}

/** log of positive finite x. */
function preciseLog(v: MathLanes, x: Local): Pair {
  const { k, m } = split(v, x, v.any(v.exceptional(x)));
  const one = v.constant(1);
  // s = f / (2 + f) in two parts, of which the first has 26 bits.
  const f = v.sub(m, one);
  const sum = v.add(m, one);
  const inverse = v.div(one, sum);
  const s = v.cut(v.mul(f, inverse));
  const sumHigh = v.cut(sum);
  const sumLow = v.sub(m, v.sub(sumHigh, one));
  const sLow = v.mul(v.sub(v.sub(f, v.mul(s, sumHigh)), v.mul(s, sumLow)), inverse);
  // z = s^2: the square of the first part is exact.
  const square = v.mul(s, s);
  const squareLow = v.mul(sLow, v.add(v.add(s, s), sLow));
  const z = v.add(square, squareLow);
  const zHigh = v.cut(z);
  const zLow = v.add(v.sub(square, zHigh), squareLow);
  // q = 1/3 + z p(z).
  const curve = v.mul(z, v.polynomial(z, v.mul(z, z), REST));
  const third = v.constant(THIRD[0]);
  const q = v.add(third, curve);
  const qHigh = v.cut(q);
  const qLow = v.plus(v.add(v.sub(third, qHigh), curve), THIRD[1]);
  // t = z q, so that log m = 2 s (1 + t).
  const product = v.mul(zHigh, qHigh);
  const productLow = v.add(v.mul(zHigh, qLow), v.mul(zLow, q));
  const t = v.add(product, productLow);
  const tHigh = v.cut(t);
  const tLow = v.add(v.sub(product, tHigh), productLow);
  const half = fastTwoSum(v, s, v.mul(s, tHigh));
  const halfLow = v.add(v.add(half.low, v.add(v.mul(s, tLow), v.mul(sLow, t))), sLow);
  const total = fastTwoSum(v, v.times(k, LN2.float64[0]), v.add(half.high, half.high));
  return { high: total.high, low: v.add(total.low, v.add(v.add(halfLow, halfLow), v.times(k, LN2.float64[1]))) };
}

/**
 * x^y as JavaScript's `**` has it: NaN for negative x and fractional y, for |x| = 1 and infinite y, and for y NaN; 1 for
 * y = 0, whatever x.
 */
export function pow(v: MathLanes, x: Local, y: Local): Local {
  const zero = v.constant(0);
  const size = v.abs(x);
  const { high, low } = preciseLog(v, size);
  const finite = v.select(v.le(size, v.constant(v.greatest)), high, size);
  const log = v.sub(finite, v.only(v.eq(size, zero), v.constant(Infinity)));
  // y log x, exact in its first part; where that is beyond the range of e^x, or not a number, it is all there is.
  const plain = v.mul(y, log);
  const logHigh = v.cut(log);
  const logLow = v.add(v.sub(log, logHigh), low);
  const yHigh = v.cut(y);
  const small = v.lt(v.abs(plain), v.constant(800));
  const first = v.select(small, v.mul(yHigh, logHigh), plain);
  const second = v.add(v.mul(y, logLow), v.mul(v.sub(y, yHigh), logHigh));
  const magnitude = expOfSum(v, first, v.only(small, second));
  const whole = v.eq(v.nearest(y), y);
  const halfOfY = v.times(y, 0.5);
  const odd = v.and(whole, v.ne(v.nearest(halfOfY), halfOfY));
  const signed = v.bitXor(magnitude, v.only(odd, v.bitAnd(x, v.signBit())));
  const negative = v.and(v.lt(x, zero), v.le(v.constant(-v.greatest), x));
  const real = v.bitOr(signed, v.bitAndNot(negative, whole));
  return v.select(v.eq(y, zero), v.constant(1), real);
}
