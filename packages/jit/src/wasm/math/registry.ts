/** @file The functions of numbers that have vector code, by the names that graphs know them by. */
import type { Local } from '../encode/functionBuilder.ts';
import { erf, erfc } from './erf.ts';
import { exp, expm1 } from './exp.ts';
import { digamma, lgamma, trigamma } from './gamma.ts';
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

/** A function's vector code. */
export interface VectorCode {
  readonly write: VectorFunction;
  /** Whether it is so long that it is never inlined. */
  readonly isLong: boolean;
  /** Whether it is for float64 alone: float32 are widened for it. */
  readonly isDouble: boolean;
}

const CODES: ReadonlyMap<string, VectorCode> = new Map<string, VectorCode>([
  ...Object.entries({ cos, exp, expm1, log, log1p, sigmoid, sin, softplus, sqrt, tanh }).map(
    ([name, write]) => [name, { write: unary(write), isLong: false, isDouble: false }] as const,
  ),
  ['erf', { write: unary(erf), isLong: true, isDouble: false }],
  ['pow', { write: binary(pow), isLong: true, isDouble: true }],
  // By the names of ppl's kernels.
  ...Object.entries({
    Digamma: unary(digamma),
    Erfc: unary(erfc),
    Lgamma: unary(lgamma),
    LogNdtr: unary(logNdtr),
    Ndtr: unary(ndtr),
    NormalHazard: unary(normalHazard),
    Trigamma: unary(trigamma),
  }).map(([name, write]) => [name, { write, isLong: true, isDouble: true }] as const),
]);

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
