/** @file Sets of square matrices. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { cholesky } from '../ops/cholesky.ts';
import { diagPart, tril } from '../ops/triangle.ts';
import { isRoundingForgiven } from '../util/validation.ts';
import type { Constraint } from './constraint.ts';

/** How far, in float32, the rows of a Cholesky factor may be from unit length, or a matrix from symmetry. */
const TOLERANCE = 1e-4;

/** The class behind {@link lowerCholesky}. */
export class LowerCholesky implements Constraint {
  readonly name: string = 'lowerCholesky';
  readonly eventDim: number = 2;
  readonly isDiscrete: boolean = false;

  check(value: Tensor): Tensor {
    return tf.tidy(() => isLowerTriangular(value));
  }
}

/** The class behind {@link corrCholesky}. */
export class CorrCholesky implements Constraint {
  readonly name: string = 'corrCholesky';
  readonly eventDim: number = 2;
  readonly isDiscrete: boolean = false;

  check(value: Tensor): Tensor {
    return tf.tidy(() => {
      const excess = tf.abs(tf.sub(tf.sum(tf.square(value), -1), 1));
      return tf.logicalAnd(isLowerTriangular(value), tf.all(tf.less(excess, TOLERANCE), -1));
    });
  }
}

/** The class behind {@link positiveDefinite}. */
export class PositiveDefinite implements Constraint {
  readonly name: string = 'positiveDefinite';
  readonly eventDim: number = 2;
  readonly isDiscrete: boolean = false;

  check(value: Tensor): Tensor {
    return tf.tidy(() => {
      const asymmetry = tf.abs(tf.sub(value, transposed(value)));
      const slack = tf.mul(tf.max(tf.abs(value), [-2, -1], true), TOLERANCE);
      const isSymmetric = tf.all(tf.lessEqual(asymmetry, slack), [-2, -1]);
      const pivots = diagPart(cholesky(isRoundingForgiven() ? liftedByRounding(value) : value));
      return tf.logicalAnd(isSymmetric, tf.all(tf.greater(pivots, 0), -1));
    });
  }
}

/** `matrix` plus as much of the identity as rounding its entries to float32 may take from its smallest eigenvalue. */
function liftedByRounding(matrix: Tensor): Tensor {
  const n = matrix.shape.at(-1) ?? 0;
  const largest = tf.max(tf.abs(matrix), [-2, -1], true);
  return tf.add(matrix, tf.mul(tf.eye(n), tf.mul(largest, n * 2 ** -23)));
}

/** Zero above the diagonal, positive on it, and no NaN below. */
function isLowerTriangular(value: Tensor): Tensor {
  const zeroAbove = tf.all(tf.equal(value, tril(value)), [-2, -1]);
  return tf.logicalAnd(zeroAbove, tf.all(tf.greater(diagPart(value), 0), -1));
}

function transposed(matrix: Tensor): Tensor {
  const axes = matrix.shape.map((_, i) => i);
  return tf.transpose(matrix, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/** Lower triangular matrices with a positive diagonal. */
export const lowerCholesky: Constraint = new LowerCholesky();

/** Cholesky factors of correlation matrices: lower triangular, positive diagonal, rows of unit length. */
export const corrCholesky: Constraint = new CorrCholesky();

/** Symmetric positive definite matrices. */
export const positiveDefinite: Constraint = new PositiveDefinite();
