/**
 * @file sin and cos.
 *
 * |x| = n pi/2 + r with |r| <= pi/4, and a minimax polynomial for each of sin r and cos r (test/fixtures/minimax.py). Lanes
 * beyond where the reduction is exact ask the host.
 */
import type { Local } from '../encode/functionBuilder.ts';
import type { Mask } from '../lanes/lanes.ts';
import type { ByPrecision, MathLanes } from './mathLanes.ts';

/** (sin r - r) / r^3 in powers of r^2. */
const SIN_REST: ByPrecision<readonly number[]> = {
  float64: [
    -0.16666666666666632, 0.00833333333332237, -0.00019841269829771172, 2.75573136786668e-6, -2.5050755961462167e-8,
    1.5896666505910198e-10,
  ],
  float32: [-0.16666655242443085, 0.008332176133990288, -0.00019516977772582322],
};

/** (cos r - 1 + r^2/2) / r^4 in powers of r^2. */
const COS_REST: ByPrecision<readonly number[]> = {
  float64: [
    0.0416666666666666, -0.0013888888888874064, 2.48015872894435e-5, -2.7557314340664304e-7, 2.0875721624352877e-9,
    -1.1359559362717174e-11,
  ],
  float32: [0.04166664555668831, -0.0013887364184483886, 2.443809171381872e-5],
};

/** pi/2 in parts of 38 bits, so that their products with n <= 2^15 are exact; the last has all 53. */
const HALF_PI: readonly [number, number, number] = [1.5707963267923333, 2.5633441515839558e-12, 1.0562999066987428e-23];
/** pi/2 in a part of 33 bits and the rest: enough for float32, whose angles are reduced in float64. */
const HALF_PI_SHORT: readonly [number, number] = [1.5707963267341256, 6.077100506506192e-11];

/** The greatest angles whose reduction holds. */
const FARTHEST: ByPrecision<number> = { float64: 51000, float32: 1e6 };

interface Angle {
  /** The low bits hold n. */
  readonly shifted: Local;
  readonly r: Local;
  /** What rounding took from r. */
  readonly rest: Local | undefined;
}

/** Cody and Waite's reduction: the parts of n pi/2 are subtracted one by one, and what rounding takes is kept. */
function reduce(v: MathLanes, x: Local): Angle {
  const [first, second, third] = HALF_PI;
  const magic = v.constant(v.magic);
  const shifted = v.mulAdd(x, v.constant(2 / Math.PI), magic);
  const n = v.sub(shifted, magic);
  const rough = v.mulAdd(n, v.constant(-first), x);
  const subtrahend = v.times(n, second);
  const nearer = v.sub(rough, subtrahend);
  // Exact: either |rough| is the greater, or the difference is not rounded.
  const lost = v.sub(v.sub(rough, nearer), subtrahend);
  const remaining = v.sub(v.times(n, third), lost);
  const r = v.sub(nearer, remaining);
  return { shifted, r, rest: v.sub(v.sub(nearer, r), remaining) };
}

function reduceSingle(v: MathLanes, x: Local): Angle {
  const [shifted, r] = v.throughDouble(x, (double, half) => {
    const [first, second] = HALF_PI_SHORT;
    const magic = double.constant(double.magic);
    const shiftedHalf = double.mulAdd(half, double.constant(2 / Math.PI), magic);
    const n = double.sub(shiftedHalf, magic);
    const rough = double.mulAdd(n, double.constant(-first), half);
    return [shiftedHalf, double.mulAdd(n, double.constant(-second), rough)];
  });
  return { shifted, r, rest: undefined };
}

function angleOf(v: MathLanes, x: Local): Angle {
  return v.precision === 'float64' ? reduce(v, x) : reduceSingle(v, x);
}

function sinOf(v: MathLanes, { r, rest }: Angle, square: Local): Local {
  const cubic = v.mul(v.mul(r, square), v.polynomial(square, v.mul(square, square), v.pick(SIN_REST)));
  return v.add(r, rest === undefined ? cubic : v.add(cubic, rest));
}

function cosOf(v: MathLanes, { r, rest }: Angle, square: Local): Local {
  const one = v.constant(1);
  const half = v.times(square, 0.5);
  const main = v.sub(one, half);
  // What rounding took from 1 - r^2/2.
  const lost = v.sub(v.sub(one, main), half);
  const fourth = v.mul(square, square);
  const quartic = v.mul(fourth, v.polynomial(square, fourth, v.pick(COS_REST)));
  const small = rest === undefined ? quartic : v.sub(quartic, v.mul(r, rest));
  return v.add(main, v.add(lost, small));
}

/** Lanes where the low bit of `shifted` is set. */
function odd(v: MathLanes, shifted: Local): Mask {
  const one = v.bits(1n);
  return v.bitEqual(v.bitAnd(shifted, one), one);
}

/** The second lowest bit at the place of the sign. */
function signOfTurn(v: MathLanes, shifted: Local): Local {
  return v.bitAnd(v.shiftLeft(shifted, 8 * v.size - 2), v.signBit());
}

/** `y`, and the host's answer where |x| is too great. */
function nearOrHost(v: MathLanes, name: string, x: Local, size: Local, y: Local): Local {
  return v.whereAny(v.lt(v.constant(v.pick(FARTHEST)), size), y, () => v.host(name, [x]));
}

/** sin x, x in radians. */
export function sin(v: MathLanes, x: Local): Local {
  const size = v.abs(x);
  const angle = angleOf(v, size);
  const square = v.mul(angle.r, angle.r);
  const y = v.select(odd(v, angle.shifted), cosOf(v, angle, square), sinOf(v, angle, square));
  const sign = v.bitXor(signOfTurn(v, angle.shifted), v.bitAnd(x, v.signBit()));
  return nearOrHost(v, 'sin', x, size, v.bitXor(y, sign));
}

/** cos x, x in radians. */
export function cos(v: MathLanes, x: Local): Local {
  const size = v.abs(x);
  const angle = angleOf(v, size);
  const square = v.mul(angle.r, angle.r);
  const y = v.select(odd(v, angle.shifted), sinOf(v, angle, square), cosOf(v, angle, square));
  // cos x = sin(x + pi/2): the sign is that of the quarter turn after this one.
  const sign = signOfTurn(v, v.bitAdd(angle.shifted, v.bits(1n)));
  return nearOrHost(v, 'cos', x, size, v.bitXor(y, sign));
}
