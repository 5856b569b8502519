/** @file Products of batches of vectors and matrices. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Operand } from './elementwise.ts';
import { toFloat } from './toFloat.ts';

/** The outer products [..., n, m] of vectors [..., n] and [..., m]; batch dimensions broadcast. */
export function outer(a: Operand, b: Operand): Tensor {
  return tf.tidy(() => tf.mul(tf.expandDims(toFloat(a), -1), tf.expandDims(toFloat(b), -2)));
}

/** The products [..., n] of matrices [..., n, m] and vectors [..., m]; batch dimensions broadcast. */
export function matVec(a: Operand, x: Operand): Tensor {
  return tf.tidy(() => tf.squeeze(tf.matMul(toFloat(a), tf.expandDims(toFloat(x), -1)), [-1]));
}
