/** @file The hyperbolic functions by way of e^x - 1. */
import type { Local } from '../encode/functionBuilder.ts';
import { expm1ForTanh } from './exp.ts';
import type { ByPrecision, MathLanes } from './mathLanes.ts';

/** tanh x is 1 to rounding from here on. */
const ONE_FROM: ByPrecision<number> = { float64: 20, float32: 10 };

/**
 * |tanh x| = |t / (t + 2)| for t = e^(2|x|) - 1, and for t = e^(-2|x|) - 1: the second rounds less where x is small, the first
 * elsewhere.
 */
export function tanh(v: MathLanes, x: Local): Local {
  const size = v.atMost(v.abs(x), v.pick(ONE_FROM));
  const negative = v.only(v.lt(size, v.constant(0.3)), v.signBit());
  const t = expm1ForTanh(v, v.bitOr(v.add(size, size), negative));
  return v.withSignOf(v.abs(v.div(t, v.plus(t, 2))), x);
}
