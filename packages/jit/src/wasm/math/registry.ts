/** @file The functions of numbers that have vector code, by the names that graphs know them by. */
import type { Local } from '../encode/functionBuilder.ts';
import { erf, erfc } from './erf.ts';
import { exp, expm1 } from './exp.ts';
import { digamma, lgamma, polygamma } from './gamma.ts';
import { tanh } from './hyperbolic.ts';
import { log, log1p } from './log.ts';
import { sigmoid, softplus } from './logistic.ts';
import type { MathLanes } from './mathLanes.ts';
import { log1mExp, logAddExp, logit, logSigmoid, softplusInverse, xdivy, xlog1py, xlogy } from './logs.ts';
import { logNdtr, ndtr, normalHazard } from './normal.ts';
import { pow } from './power.ts';
import { cos, sin } from './trig.ts';

/** Writes the code of a function of vectors. */
export type VectorFunction = (v: MathLanes, args: readonly Local[]) => Local;

function unary(write: (v: MathLanes, x: Local) => Local): VectorFunction {
  return (v, [x]) => {
    if (x === undefined) throw new Error('a function of one number was given none');
    return write(v, x);
  };
}

function binary(write: (v: MathLanes, a: Local, b: Local) => Local): VectorFunction {
  return (v, [a, b]) => {
    if (a === undefined || b === undefined) throw new Error('a function of two numbers was given fewer');
    return write(v, a, b);
  };
}

/** A function's vector code. */
export interface VectorCode {
  readonly write: VectorFunction;
  /** Whether it is so long that it is never inlined. */
  readonly isLong: boolean;
  /** Whether it is for float64 alone: float32 are widened for it. */
  readonly isDouble: boolean;
}

/** By the names of graphs, and those of ppl's kernels, which begin with capitals. */
const CODES: ReadonlyMap<string, VectorCode> = new Map([
  ...entries(
    { isLong: false, isDouble: false },
    { cos, exp, expm1, log, log1p, sigmoid, sin, softplus, sqrt, tanh, LogSigmoid: logSigmoid },
    { LogAddExp: logAddExp, Xdivy: xdivy, Xlog1py: xlog1py, Xlogy: xlogy },
  ),
  ...entries({ isLong: true, isDouble: false }, { erf, Log1mExp: log1mExp, Logit: logit, SoftplusInverse: softplusInverse }, {}),
  ...entries(
    { isLong: true, isDouble: true },
    { Digamma: digamma, Erfc: erfc, Lgamma: lgamma, LogNdtr: logNdtr, Ndtr: ndtr, NormalHazard: normalHazard },
    { pow, Polygamma: polygamma },
  ),
]);

function entries(
  kind: Omit<VectorCode, 'write'>,
  unaries: Readonly<Record<string, (v: MathLanes, x: Local) => Local>>,
  binaries: Readonly<Record<string, (v: MathLanes, a: Local, b: Local) => Local>>,
): (readonly [string, VectorCode])[] {
  return [
    ...Object.entries(unaries).map(([name, write]) => [name, { ...kind, write: unary(write) }] as const),
    ...Object.entries(binaries).map(([name, write]) => [name, { ...kind, write: binary(write) }] as const),
  ];
}

/**
 * The vector code of a function. Undefined where the host is asked: tan, asin, acos, atan, atan2, sinh, cosh, asinh, acosh,
 * atanh, mod, and registered functions that are not named above.
 */
export function vectorCode(name: string): VectorCode | undefined {
  return CODES.get(name);
}

function sqrt(v: MathLanes, x: Local): Local {
  return v.sqrt(x);
}
