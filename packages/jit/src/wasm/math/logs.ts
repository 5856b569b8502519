/** @file Logarithms and exponentials in forms that neither overflow nor cancel, by the names of ppl's kernels. */
import type { Local } from '../encode/functionBuilder.ts';
import { exp } from './exp.ts';
import { log, log1p } from './log.ts';
import { logOfOnePlus, softplus } from './logistic.ts';
import type { MathLanes } from './mathLanes.ts';

/** `value`, but 0 where x is 0 and y is a number. */
function zeroWhereZero(v: MathLanes, value: Local, x: Local, y: Local): Local {
  return v.bitAndNot(value, v.and(v.eq(x, v.constant(0)), v.eq(y, y)));
}

/** x log y, and 0 where x = 0. */
export function xlogy(v: MathLanes, x: Local, y: Local): Local {
  return zeroWhereZero(v, v.mul(x, log(v, y)), x, y);
}

/** x log(1 + y), and 0 where x = 0. */
export function xlog1py(v: MathLanes, x: Local, y: Local): Local {
  return zeroWhereZero(v, v.mul(x, log1p(v, y)), x, y);
}

/** x / y, and 0 where x = 0. */
export function xdivy(v: MathLanes, x: Local, y: Local): Local {
  return zeroWhereZero(v, v.div(x, y), x, y);
}

/** log(1 / (1 + e^-x)). */
export function logSigmoid(v: MathLanes, x: Local): Local {
  return v.neg(softplus(v, v.neg(x)));
}

/** log(e^a + e^b). */
export function logAddExp(v: MathLanes, a: Local, b: Local): Local {
  const isFirst = v.lt(b, a);
  const larger = v.select(isFirst, a, b);
  const smaller = v.select(isFirst, b, a);
  const sum = v.add(larger, logOfOnePlus(v, exp(v, v.sub(smaller, larger))));
  // The difference of equal infinities is NaN.
  return v.select(v.eq(larger, smaller), v.plus(larger, Math.LN2), sum);
}

/** log(1 - e^x) for x <= 0; NaN above. Maechler (2012), "Accurately computing log(1 - exp(-|a|))", equation 7. */
export function log1mExp(v: MathLanes, x: Local): Local {
  const far = v.call('log1p', [v.neg(v.call('exp', [x]))]);
  return v.whereAny(v.lt(v.constant(-Math.LN2), x), far, () => v.call('log', [v.neg(v.call('expm1', [x]))]));
}

/** log(p / (1 - p)): infinite at 0 and 1, NaN outside. */
export function logit(v: MathLanes, p: Local): Local {
  const outer = v.sub(v.call('log', [p]), v.call('log1p', [v.neg(p)]));
  const isMiddle = v.and(v.lt(v.constant(0.3), p), v.lt(p, v.constant(0.65)));
  // Near 1/2 the ratio is near 1: log1p of its distance from 1.
  return v.whereAny(isMiddle, outer, () => v.call('log1p', [v.div(v.plus(v.add(p, p), -1), v.sub(v.constant(1), p))]));
}

/** The x with log(1 + e^x) = y: -Infinity at 0, NaN below. */
export function softplusInverse(v: MathLanes, y: Local): Local {
  const small = v.call('log', [v.call('expm1', [y])]);
  return v.whereAny(v.lt(v.constant(1), y), small, () => v.add(y, v.call('log1p', [v.neg(v.call('exp', [v.neg(y)]))])));
}
