/**
 * @file Arithmetic on parameters that stays in float64 numbers as long as all operands are numbers: each formula is
 * written once, and its constant parts are folded at full precision without making tensors. Imported as `fold`.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tensorOps from '../ops/gamma.ts';
import { ndtr as tensorNdtr } from '../ops/normal.ts';
import * as digammas from '../ops/scalar/digamma.ts';
import { lbeta as scalarLbeta } from '../ops/scalar/lbeta.ts';
import { lgamma as scalarLgamma } from '../ops/scalar/lgamma.ts';
import { softplus as scalarSoftplus, sigmoid as scalarSigmoid } from '../ops/scalar/logs.ts';
import { ndtr as scalarNdtr } from '../ops/scalar/normal.ts';
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

// Adding zero and multiplying by one cost a kernel each, and the standard cases are full of them.
export const add: Binary = binary((a, b) => a + b, tf.add, (a, b) => (b === 0 ? a : a === 0 ? b : null));
export const sub: Binary = binary((a, b) => a - b, tf.sub, (a, b) => (b === 0 ? a : null));
export const mul: Binary = binary((a, b) => a * b, tf.mul, (a, b) => (b === 1 ? a : a === 1 ? b : null));
export const div: Binary = binary((a, b) => a / b, tf.div, (a, b) => (b === 1 ? a : null));

export const neg: Unary = unary((x) => -x, tf.neg);
export const log: Unary = unary(Math.log, tf.log);
export const log1p: Unary = unary(Math.log1p, tf.log1p);
export const exp: Unary = unary(Math.exp, tf.exp);
export const expm1: Unary = unary(Math.expm1, tf.expm1);
export const sqrt: Unary = unary(Math.sqrt, tf.sqrt);
export const square: Unary = unary((x) => x * x, tf.square);
export const sigmoid: Unary = unary(scalarSigmoid, tf.sigmoid);
export const softplus: Unary = unary(scalarSoftplus, tf.softplus);
export const ndtr: Unary = unary(scalarNdtr, tensorNdtr);
export const lgamma: Unary = unary(scalarLgamma, tensorOps.lgamma);
export const digamma: Unary = unary(digammas.digamma, tensorOps.digamma);
export const lbeta: Binary = binary(scalarLbeta, tensorOps.lbeta);
