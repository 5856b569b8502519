/** @file What the named functions of numbers mean, in float64. */
import type { BinaryFunction, Comparison, UnaryFunction } from './node.ts';
import { erf } from './erf.ts';

/** The functions of {@link UnaryFunction}. */
export const UNARY: Readonly<Record<UnaryFunction, (x: number) => number>> = {
  abs: Math.abs,
  neg: (x) => -x,
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfToEven,
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  not: (x) => (x === 0 ? 1 : 0),
};

/** The functions of {@link BinaryFunction}. */
export const BINARY: Readonly<Record<BinaryFunction, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  min: Math.min,
  max: Math.max,
  mod: floorMod,
  atan2: Math.atan2,
  and: (a, b) => (a !== 0 && b !== 0 ? 1 : 0),
  or: (a, b) => (a !== 0 || b !== 0 ? 1 : 0),
};

/** The relations of {@link Comparison}. */
export const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
};

/** A function of one to four floats that a graph may call by name. */
export type SpecialFunction = (a: number, b: number, c: number, d: number) => number;

const special = new Map<string, SpecialFunction>([['erf', erf]]);

/**
 * Gives a function of numbers a name that graphs can call it by ({@link GraphBuilder.special}). Registering a name again
 * replaces it.
 *
 * @param evaluate - the value in float64, of as many arguments as the graph will pass.
 */
export function registerFunction(name: string, evaluate: SpecialFunction): void {
  special.set(name, evaluate);
}

/** The function of that name. @throws Error when none is registered. */
export function specialFunction(name: string): SpecialFunction {
  const evaluate = special.get(name);
  if (evaluate === undefined) {
    throw new Error(`no function "${name}" is registered: import the package that brings it, or call registerFunction`);
  }
  return evaluate;
}

function roundHalfToEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1;
  return down % 2 === 0 ? down : down + 1;
}

function floorMod(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}
