/** @file From real vectors to triangular and positive definite matrices. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import {
  corrCholesky as corrCholeskyMatrices,
  lowerCholesky as lowerCholeskyMatrices,
  positiveDefinite as positiveDefiniteMatrices,
} from '../constraints/matrices.ts';
import { realVector } from '../constraints/real.ts';
import { cholesky } from '../ops/cholesky.ts';
import { exact } from '../ops/exact.ts';
import { toFloat } from '../ops/toFloat.ts';
import { diagEmbed, diagPart, tril } from '../ops/triangle.ts';
import type { Shape } from '../util/shape.ts';
import { diagonalPositions, fillTriangle, takeTriangle, triangleRank, triangleSize } from '../util/triangle.ts';
import { precision } from './edges.ts';
import type { Transform } from './transform.ts';

/** Fills the lower triangle row by row and exponentiates the diagonal. */
export class LowerCholeskyTransform implements Transform {
  readonly name: string = 'lowerCholesky';
  readonly domain: Constraint = realVector;
  readonly codomain: Constraint = lowerCholeskyMatrices;

  forward(x: Tensor): Tensor {
    return tf.tidy(() => {
      const below = tril(fillTriangle(x, false), -1);
      return tf.add(below, diagEmbed(tf.exp(logDiagonal(x))));
    });
  }

  inverse(y: Tensor): Tensor {
    return tf.tidy(() => {
      const logs = diagEmbed(tf.log(diagPart(y)));
      return takeTriangle(tf.add(tril(y, -1), logs), false);
    });
  }

  logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => tf.sum(logDiagonal(x), -1));
  }

  forwardShape(shape: Shape): number[] {
    const n = triangleRank(shape.at(-1) ?? 0, false);
    return [...shape.slice(0, -1), n, n];
  }

  inverseShape(shape: Shape): number[] {
    return [...shape.slice(0, -2), triangleSize(shape.at(-1) ?? 0, false)];
  }
}

/** The elements of `x` that become the diagonal. */
function logDiagonal(x: Tensor): Tensor {
  const n = triangleRank(x.shape.at(-1) ?? 0, false);
  return tf.gather(x, tf.tensor1d(diagonalPositions(n), 'int32'), -1);
}

/**
 * Element (i, j) below the diagonal is the partial correlation z = tanh(x) times the length that the elements left of it
 * leave of the row's unit length; the diagonal takes what is left in the end.
 *
 * Source: Lewandowski, Kurowicka, Joe 2009; Stan Reference Manual, "Cholesky factors of correlation matrices".
 */
export class CorrCholeskyTransform implements Transform {
  readonly name: string = 'corrCholesky';
  readonly domain: Constraint = realVector;
  readonly codomain: Constraint = corrCholeskyMatrices;

  forward(x: Tensor): Tensor {
    return tf.tidy(() => {
      const n = triangleRank(x.shape.at(-1) ?? 0, true);
      const portions = tf.add(fillTriangle(tf.tanh(x), true), tf.eye(n));
      const y = tf.mul(portions, tf.exp(logLengthLeft(x)));
      return tf.maximum(y, lowestElements(n));
    });
  }

  inverse(y: Tensor): Tensor {
    return tf.tidy(() => {
      // z / sqrt(1 - z²) = (element) / (length of all elements right of it), and x = asinh of that.
      // The bound stands inside of the root, whose slope at zero is infinite.
      const right = tf.sqrt(tf.maximum(tf.cumsum(tf.square(y), y.rank - 1, true, true), exact(precision().tiny)));
      const ratio = tf.div(takeTriangle(y, true), takeTriangle(right, true));
      // Beyond this its square overflows, and tanh has long been one.
      return tf.asinh(tf.clipByValue(ratio, -1e18, 1e18));
    });
  }

  /** The Jacobian is triangular: Σ log(length left) + Σ log(1 - z²) over the elements below the diagonal. */
  logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => {
      const lengths = takeTriangle(logLengthLeft(x), true);
      return tf.sum(tf.add(lengths, logOneMinusTanhSquared(x)), -1);
    });
  }

  forwardShape(shape: Shape): number[] {
    const n = triangleRank(shape.at(-1) ?? 0, true);
    return [...shape.slice(0, -1), n, n];
  }

  inverseShape(shape: Shape): number[] {
    return [...shape.slice(0, -2), triangleSize(shape.at(-1) ?? 0, true)];
  }
}

/** The diagonal must stay above zero; nothing else is below -1 anyway. */
function lowestElements(n: number): Tensor {
  const { tiny } = precision();
  return toFloat(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? tiny : -1))));
}

/** Per element, the logarithm of the length that the elements left of it leave: ½ Σ_{k<j} log(1 - z_ik²). */
function logLengthLeft(x: Tensor): Tensor {
  return tf.mul(tf.cumsum(fillTriangle(logOneMinusTanhSquared(x), true), x.rank, true), 0.5);
}

/** log(1 - tanh² x) = 2 (log 2 - x - softplus(-2x)). */
function logOneMinusTanhSquared(x: Tensor): Tensor {
  return tf.mul(tf.sub(tf.sub(Math.LN2, x), tf.softplus(tf.mul(x, -2))), 2);
}

/** L ↦ L Lᵀ. */
export class GramTransform implements Transform {
  readonly name: string = 'gram';
  readonly domain: Constraint = lowerCholeskyMatrices;
  readonly codomain: Constraint = positiveDefiniteMatrices;

  forward(x: Tensor): Tensor {
    return tf.matMul(x, x, false, true);
  }

  inverse(y: Tensor): Tensor {
    return cholesky(y);
  }

  /** 2ⁿ Π_i L_ii^(n - i), with i from 0 (Muirhead 1982, theorem 2.1.9). */
  logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => {
      const n = x.shape.at(-1) ?? 0;
      const powers = tf.tensor1d(Float32Array.from({ length: n }, (_, i) => n - i));
      return tf.add(tf.sum(tf.mul(tf.log(diagPart(x)), powers), -1), exact(n * Math.LN2));
    });
  }

  forwardShape(shape: Shape): number[] {
    return [...shape];
  }

  inverseShape(shape: Shape): number[] {
    return [...shape];
  }
}

/** From `[..., n (n + 1) / 2]` real numbers to lower triangular `[..., n, n]` with a positive diagonal. */
export const lowerCholesky: Transform = new LowerCholeskyTransform();

/** From `[..., n (n - 1) / 2]` real numbers to Cholesky factors `[..., n, n]` of correlation matrices. */
export const corrCholesky: Transform = new CorrCholeskyTransform();

/** L ↦ L Lᵀ, from lower triangular matrices with a positive diagonal to positive definite ones. */
export const gram: Transform = new GramTransform();
