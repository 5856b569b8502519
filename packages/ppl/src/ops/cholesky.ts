/** @file The Cholesky factorisation and what follows from it. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Operand } from './elementwise.ts';
import { ensureKernel } from './kernel.ts';
import type { MatrixInput, MatrixOutput } from './matrices.ts';
import { matrixKernel, squareSize } from './matrices.ts';
import { choleskyInPlace } from './scalar/cholesky.ts';
import { toFloat } from './toFloat.ts';
import { diagPart, tril } from './triangle.ts';
import { triangularSolve } from './triangularSolve.ts';

const NAME = 'Cholesky';

/**
 * The lower triangular L with L L^T = A, computed in float64; differentiable to any order.
 *
 * @param a - symmetric positive definite matrices [..., n, n]; only their lower triangles are read, and gradients are
 * symmetric. A matrix that is not positive definite gives NaN, from the row on where that shows.
 * @throws Error when the matrices are not square.
 */
export function cholesky(a: Operand): Tensor {
  ensureKernel(NAME, (backend) => matrixKernel(NAME, backend, compute, ['input']));
  return tf.tidy(() => {
    const input = toFloat(a);
    squareSize('cholesky', input.shape);
    return tf.engine().runKernel(NAME, { input });
  });
}

/** The X of A X = B, given the Cholesky factor L of A; shapes as of {@link triangularSolve}. */
export function choleskySolve(l: Operand, b: Operand): Tensor {
  return tf.tidy(() => {
    const factor = toFloat(l);
    return triangularSolve(factor, triangularSolve(factor, b), { transpose: true });
  });
}

/** log det A of symmetric positive definite matrices [..., n, n], as [...]; NaN where a matrix is not. */
export function logdet(a: Operand): Tensor {
  return tf.tidy(() => tf.mul(2, logAbsDetTriangular(cholesky(a))));
}

/** log |det T| of triangular matrices [..., n, n], as [...]: of A = L L^T, log det A is twice that of L. */
export function logAbsDetTriangular(t: Operand): Tensor {
  return tf.tidy(() => tf.sum(tf.log(tf.abs(diagPart(t))), -1));
}

function compute([input]: readonly MatrixInput[]): MatrixOutput {
  if (input === undefined) throw new Error(`${NAME}: an input is needed`);
  const { shape, values } = input;
  const n = shape.at(-1) ?? 0;
  for (let offset = 0; offset < values.length; offset += n * n) choleskyInPlace(values, n, offset);
  return { shape, values };
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['input'],
  gradFunc: (dy, saved) => ({
    // Murray (2016), "Differentiation of the Cholesky decomposition", equation 10: with P the lower triangle of L^T dL, its
    // diagonal halved, dA = L^-T (P + P^T) L^-1 / 2. L is computed anew, so that this can be differentiated again.
    input: () => {
      const l = cholesky(saved[0] as Tensor);
      const product = tf.matMul(l, dy as Tensor, true, false);
      const p = tf.mul(0.5, tf.add(tril(product), tril(product, -1)));
      const symmetric = tf.add(p, transposed(p));
      const half = triangularSolve(l, symmetric, { transpose: true });
      return tf.mul(0.5, triangularSolve(l, transposed(half), { transpose: true }));
    },
  }),
});

function transposed(x: Tensor): Tensor {
  const axes = x.shape.map((_, i) => i);
  return tf.transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}
