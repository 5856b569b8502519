/** @file The functions of numbers that have vector code, by the names that graphs know them by. */
import type { Local } from '../encode/functionBuilder.ts';
import { erf, erfc } from './erf.ts';
import { exp, expm1 } from './exp.ts';
import { digamma, lgamma, polygamma } from './gamma.ts';
import { tanh } from './hyperbolic.ts';
import { log, log1p } from './log.ts';
import { sigmoid, softplus } from './logistic.ts';
import type { MathLanes } from './mathLanes.ts';
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

/** Short ones, written for both precisions. */
const SHORT: ReadonlyMap<string, VectorFunction> = new Map([
  ['cos', unary(cos)],
  ['exp', unary(exp)],
  ['expm1', unary(expm1)],
  ['log', unary(log)],
  ['log1p', unary(log1p)],
  ['sigmoid', unary(sigmoid)],
  ['sin', unary(sin)],
  ['softplus', unary(softplus)],
  ['sqrt', unary((v, x) => v.sqrt(x))],
  ['tanh', unary(tanh)],
]);

/**
 * Long ones, which are never inlined, written for float64 alone: float32 are widened for them. Capitals are the names of ppl's
 * kernels.
 */
const LONG: ReadonlyMap<string, VectorFunction> = new Map([
  ['Digamma', unary(digamma)],
  ['Erfc', unary(erfc)],
  ['Lgamma', unary(lgamma)],
  ['LogNdtr', unary(logNdtr)],
  ['Ndtr', unary(ndtr)],
  ['NormalHazard', unary(normalHazard)],
  ['Polygamma', binary(polygamma)],
  ['erf', unary(erf)],
  ['pow', binary(pow)],
]);

/**
 * The vector code of a function, and whether it is long and for float64 alone. Undefined where the host is asked: tan, asin,
 * acos, atan, atan2, sinh, cosh, asinh, acosh, atanh, mod, and registered functions that are not among these.
 */
export function vectorFunction(name: string): { readonly write: VectorFunction; readonly isLong: boolean } | undefined {
  const short = SHORT.get(name);
  if (short !== undefined) return { write: short, isLong: false };
  const long = LONG.get(name);
  return long && { write: long, isLong: true };
}
