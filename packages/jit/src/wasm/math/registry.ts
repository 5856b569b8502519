/** @file The functions of numbers that have vector code, by the names that graphs know them by. */
import type { Local } from '../encode/functionBuilder.ts';
import { exp, expm1 } from './exp.ts';
import { tanh } from './hyperbolic.ts';
import { log, log1p } from './log.ts';
import { sigmoid, softplus } from './logistic.ts';
import type { MathLanes } from './mathLanes.ts';
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

/** By name; where a name is missing, the host is asked. */
export const VECTOR_FUNCTIONS: ReadonlyMap<string, VectorFunction> = new Map([
  ['cos', unary(cos)],
  ['exp', unary(exp)],
  ['expm1', unary(expm1)],
  ['log', unary(log)],
  ['log1p', unary(log1p)],
  ['pow', binary(pow)],
  ['sigmoid', unary(sigmoid)],
  ['sin', unary(sin)],
  ['softplus', unary(softplus)],
  ['sqrt', unary((v, x) => v.sqrt(x))],
  ['tanh', unary(tanh)],
]);

/** Those whose code is for float64 alone: float32 are promoted to it. */
export const DOUBLE_ONLY: ReadonlySet<string> = new Set(['pow']);
