/** @file The regression of TyXe's tutorial: two clusters of points on a cosine, with a gap between them. */
import * as tf from '@tensorflow/tfjs-core';
import { readData } from '../data/readData.ts';

/** Standard deviation of the noise in the data, which all likelihoods here know. */
export const NOISE = 0.1;

export interface RegressionData {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  /** `[point, 1]`; the caller disposes of them. */
  readonly x: tf.Tensor2D;
  readonly y: tf.Tensor2D;
}

export function loadRegression(): RegressionData {
  const { x: xs, y: ys } = readData('regression.json') as { readonly x: readonly number[]; readonly y: readonly number[] };
  return { xs, ys, x: column(xs), y: column(ys) };
}

/** Numbers as a tensor of one column. */
export function column(values: readonly number[]): tf.Tensor2D {
  return tf.tensor2d([...values], [values.length, 1]);
}
