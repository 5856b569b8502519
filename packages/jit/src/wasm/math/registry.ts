/** @file The functions of numbers that have vector code, by the names that graphs know them by. */
import type { Local } from '../encode/functionBuilder.ts';
import { exp, expm1 } from './exp.ts';
import { tanh } from './hyperbolic.ts';
import { log, log1p } from './log.ts';
import { sigmoid, softplus } from './logistic.ts';
import type { MathLanes } from './mathLanes.ts';

/** Writes the code of a function of vectors. */
export type VectorFunction = (v: MathLanes, args: readonly Local[]) => Local;

function unary(write: (v: MathLanes, x: Local) => Local): VectorFunction {
  return (v, [x]) => {
    if (x === undefined) throw new Error('a function of one number was given none');
    return write(v, x);
  };
}

/** By name; where a name is missing, the host is asked. */
export const VECTOR_FUNCTIONS: ReadonlyMap<string, VectorFunction> = new Map([
  ['exp', unary(exp)],
  ['expm1', unary(expm1)],
  ['log', unary(log)],
  ['log1p', unary(log1p)],
  ['sigmoid', unary(sigmoid)],
  ['softplus', unary(softplus)],
  ['sqrt', unary((v, x) => v.sqrt(x))],
  ['tanh', unary(tanh)],
]);

/** Those whose code is for float64 alone: float32 are promoted to it. */
export const DOUBLE_ONLY: ReadonlySet<string> = new Set<string>([]);
