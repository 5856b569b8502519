/** @file The functions of numbers that have vector code, by the names that graphs know them by. */
import type { Local } from '../encode/functionBuilder.ts';
import { exp, expm1 } from './exp.ts';
import { tanh } from './hyperbolic.ts';
import { log, log1p } from './log.ts';
import { sigmoid, softplus } from './logistic.ts';
import type { MathLanes } from './mathLanes.ts';

/** Writes the code of a function of one or two vectors. */
export type VectorFunction = (v: MathLanes, a: Local, b: Local) => Local;

/** In what precision each is written: `'both'`, or float64 alone, to which float32 is then promoted. */
export const VECTOR_FUNCTIONS: ReadonlyMap<string, VectorFunction> = new Map<string, VectorFunction>(
  Object.entries({ exp, expm1, log, log1p, sigmoid, softplus, tanh, sqrt: (v: MathLanes, x: Local) => v.sqrt(x) }),
);

/** Those whose code is for float64 alone: float32 are promoted to it. */
export const DOUBLE_ONLY: ReadonlySet<string> = new Set<string>([]);
