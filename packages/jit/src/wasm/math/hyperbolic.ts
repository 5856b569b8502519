/** @file The hyperbolic functions by way of e^x - 1. */
import type { Local } from '../encode/functionBuilder.ts';
import { expm1OfPositive } from './exp.ts';
import type { ByPrecision, MathLanes } from './mathLanes.ts';

/** tanh x is 1 to rounding from here on. */
const ONE_FROM: ByPrecision<number> = { float64: 20, float32: 10 };

/** tanh x = t / (t + 2), with t = e^(2|x|) - 1, and the sign of x. */
export function tanh(v: MathLanes, x: Local): Local {
  const size = v.atMost(v.abs(x), v.pick(ONE_FROM));
  const t = expm1OfPositive(v, v.add(size, size));
  return v.withSignOf(v.div(t, v.plus(t, 2)), x);
}
