/** @file The logistic sigmoid and its integral, from e^-|x|, which does not overflow. */
import type { Local } from '../encode/functionBuilder.ts';
import { exp } from './exp.ts';
import { LN2 } from './ln2.ts';
import { logOfSplit } from './log.ts';
import type { MathLanes } from './mathLanes.ts';

function expOfMinusSize(v: MathLanes, x: Local): Local {
  return exp(v, v.neg(v.abs(x)));
}

/** 1 / (1 + e^-x). */
export function sigmoid(v: MathLanes, x: Local): Local {
  const z = expOfMinusSize(v, x);
  const one = v.constant(1);
  return v.div(v.select(v.lt(x, v.constant(0)), z, one), v.add(z, one));
}

/** log(1 + e^x) = max(x, 0) + log(1 + z), z = e^-|x|. */
export function softplus(v: MathLanes, x: Local): Local {
  const z = expOfMinusSize(v, x);
  // 1 + z <= 2: above sqrt 2, ln 2 + log((1 + z) / 2).
  const [high, low] = v.pick(LN2);
  const large = v.lt(v.constant(Math.SQRT2 - 1), z);
  const f = v.select(large, v.times(v.plus(z, -1), 0.5), z);
  const log = logOfSplit(v, v.only(large, v.constant(high)), v.only(large, v.constant(low)), f);
  return v.add(v.atLeast(x, 0), log);
}
