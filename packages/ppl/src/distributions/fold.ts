/**
 * @file Arithmetic on parameters that stays in float64 numbers as long as all operands are numbers: each formula is
 * written once, and its constant parts are folded at full precision without making tensors. Imported as `fold`.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as bessel from '../ops/bessel.ts';
import { exact } from '../ops/exact.ts';
import * as gammas from '../ops/gamma.ts';
import * as logs from '../ops/logs.ts';
import * as normals from '../ops/normal.ts';
import * as scalarBessel from '../ops/scalar/bessel.ts';
import * as scalarDigammas from '../ops/scalar/digamma.ts';
import { lbeta as scalarLbeta } from '../ops/scalar/lbeta.ts';
import { lgamma as scalarLgamma } from '../ops/scalar/lgamma.ts';
import * as scalarLogs from '../ops/scalar/logs.ts';
import * as scalarNormals from '../ops/scalar/normal.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** A number, or a float32 tensor. */
export type Operand = number | Tensor;

interface Unary {
  (x: Tensor): Tensor;
  (x: Operand): Operand;
}

interface Binary {
  (a: Tensor, b: Operand): Tensor;
  (a: Operand, b: Tensor): Tensor;
  (a: Operand, b: Operand): Operand;
}

/** A parameter as an operand: a number stays one. Belongs to the surrounding `tf.tidy` if it is a new tensor. */
export function operand(parameter: Parameter): Operand {
  return typeof parameter === 'number' ? parameter : asTensor(parameter);
}

/** `a` where `condition` holds, else `b`. */
export function pick(condition: boolean | Tensor, a: Operand, b: Operand): Operand {
  if (typeof condition === 'boolean') return condition ? a : b;
  return tf.where(condition, exact(a), exact(b));
}

function unary(onNumber: (x: number) => number, onTensor: (x: Tensor) => Tensor): Unary {
  return ((x: Operand) => (typeof x === 'number' ? onNumber(x) : onTensor(x))) as Unary;
}

function binary(
  onNumbers: (a: number, b: number) => number,
  onTensors: (a: Operand, b: Operand) => Tensor,
  idle: (a: Operand, b: Operand) => Operand | null = () => null,
): Binary {
  return ((a: Operand, b: Operand) => {
    if (typeof a === 'number' && typeof b === 'number') return onNumbers(a, b);
    return idle(a, b) ?? onTensors(a, b);
  }) as Binary;
}

/** An op of tfjs, which would narrow numbers while it is traced. */
function unnarrowed(op: (a: Operand, b: Operand) => Tensor): (a: Operand, b: Operand) => Tensor {
  return (a, b) => op(exact(a), exact(b));
}

// Each is the function of its name in tfjs or ops. Adding zero and multiplying by one cost a kernel each, and the standard
// cases are full of them: they give back what they were given.
export const add: Binary = binary((a, b) => a + b, unnarrowed(tf.add), (a, b) => (b === 0 ? a : a === 0 ? b : null));
export const sub: Binary = binary((a, b) => a - b, unnarrowed(tf.sub), (a, b) => (b === 0 ? a : null));
export const mul: Binary = binary((a, b) => a * b, unnarrowed(tf.mul), (a, b) => (b === 1 ? a : a === 1 ? b : null));
export const div: Binary = binary((a, b) => a / b, unnarrowed(tf.div), (a, b) => (b === 1 ? a : null));

export const neg: Unary = unary((x) => -x, tf.neg);
export const log: Unary = unary(Math.log, tf.log);
export const log1p: Unary = unary(Math.log1p, tf.log1p);
export const log1mexp: Unary = unary(scalarLogs.log1mexp, logs.log1mexp);
export const exp: Unary = unary(Math.exp, tf.exp);
export const expm1: Unary = unary(Math.expm1, tf.expm1);
export const square: Unary = unary((x) => x * x, tf.square);
export const sigmoid: Unary = unary(scalarLogs.sigmoid, tf.sigmoid);
export const softplus: Unary = unary(scalarLogs.softplus, tf.softplus);
export const ndtr: Unary = unary(scalarNormals.ndtr, normals.ndtr);
export const logNdtr: Unary = unary(scalarNormals.logNdtr, normals.logNdtr);
export const lgamma: Unary = unary(scalarLgamma, gammas.lgamma);
export const digamma: Unary = unary(scalarDigammas.digamma, gammas.digamma);
export const logBesselI0: Unary = unary(scalarBessel.logBesselI0, bessel.logBesselI0);
export const besselRatio: Unary = unary(scalarBessel.besselRatio, bessel.besselRatio);
export const lbeta: Binary = binary(scalarLbeta, gammas.lbeta);
export const digammaDifference: Binary = binary(scalarDigammas.digammaDifference, gammas.digammaDifference);

/** c log x, and 0 where c = 0 even if x = 0: by tfjs's own kernels where c is a number. */
export const xlogy: Binary = binary(scalarLogs.xlogy, (c, x) => {
  if (c === 0) return tf.zerosLike(x);
  return typeof c === 'number' ? mul(tf.log(x), c) : logs.xlogy(c, x);
});

/** c log(1 + x), and 0 where c = 0 even if x = -1. */
export const xlog1py: Binary = binary(scalarLogs.xlog1py, (c, x) => {
  if (c === 0) return tf.zerosLike(x);
  return typeof c === 'number' ? mul(tf.log1p(x), c) : logs.xlog1py(c, x);
});
