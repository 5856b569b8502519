/** @file Solving triangular systems. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../util/options.ts';
import { broadcastShapes, format, sizeOf } from '../util/shape.ts';
import type { Operand } from './elementwise.ts';
import { sumTo } from './elementwise.ts';
import { ensureKernel } from './kernel.ts';
import type { MatrixInput, MatrixOutput } from './matrices.ts';
import { batchIndices, matrixKernel, squareSize } from './matrices.ts';
import { triangularSolveInPlace } from './scalar/cholesky.ts';
import { toFloat } from './toFloat.ts';
import { tril, triu } from './triangle.ts';

const NAME = 'MatrixTriangularSolve';

/** Options of {@link triangularSolve}. */
export interface TriangularSolveOptions {
  /** Whether the lower triangle of the matrix is meant (the default) or the upper; the other is never read. */
  readonly lower?: boolean;
  /** Whether to solve with the transpose of that triangle. Default false. */
  readonly transpose?: boolean;
}

/**
 * The X of T X = B (or T^T X = B) for triangular T; differentiable in both, to any order.
 *
 * @param t - triangular matrices [..., n, n].
 * @param b - right-hand sides [..., n, m], or one vector [n]. Batch dimensions broadcast.
 * @returns X, of the shape of `b` with the batch dimensions broadcast. A zero on the diagonal of T gives infinities.
 * @throws Error when the shapes do not fit.
 */
export function triangularSolve(t: Operand, b: Operand, options: TriangularSolveOptions = {}): Tensor {
  checkOptions('ops.triangularSolve', options, ['lower', 'transpose']);
  const { lower = true, transpose = false } = options;
  ensureKernel(NAME, (backend) => matrixKernel(NAME, backend, compute, ['matrix', 'rhs']));
  return tf.tidy(() => {
    const matrix = toFloat(t);
    const right = toFloat(b);
    const n = squareSize('triangularSolve', matrix.shape);
    const isVector = right.rank === 1;
    if (right.shape[isVector ? 0 : right.rank - 2] !== n) {
      throw new Error(
        `ops.triangularSolve: matrices ${format(matrix.shape)} need right-hand sides [..., ${n}, m], got ${format(right.shape)}`,
      );
    }
    const rhs = isVector ? tf.expandDims(right, -1) : right;
    const x: Tensor = tf.engine().runKernel(NAME, { matrix, rhs }, { lower, transpose });
    return isVector ? tf.squeeze(x, [-1]) : x;
  });
}

function compute([matrix, rhs]: readonly MatrixInput[], attrs: Readonly<Record<string, unknown>>): MatrixOutput {
  if (matrix === undefined || rhs === undefined) throw new Error(`${NAME}: two inputs needed`);
  const [n, m] = rhs.shape.slice(-2) as [number, number];
  const batch = broadcastShapes(matrix.shape.slice(0, -2), rhs.shape.slice(0, -2));
  const fromMatrix = batchIndices(matrix.shape.slice(0, -2), batch);
  const fromRhs = batchIndices(rhs.shape.slice(0, -2), batch);
  const values = new Float64Array(sizeOf(batch) * n * m);
  for (let i = 0; i < fromRhs.length; i++) {
    const source = (fromRhs[i] as number) * n * m;
    values.set(rhs.values.subarray(source, source + n * m), i * n * m);
    const start = (fromMatrix[i] as number) * n * n;
    triangularSolveInPlace(matrix.values, start, n, values, i * n * m, m, attrs['lower'] === true, attrs['transpose'] === true);
  }
  return { shape: [...batch, n, m], values };
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['matrix', 'rhs'],
  gradFunc: (dy, saved, attrs) => {
    const [matrix, rhs] = saved as [Tensor, Tensor];
    const lower = attrs['lower'] === true;
    const transpose = attrs['transpose'] === true;
    // With T X = B: dB = T^-T dX and dT = -dB X^T, within the triangle. Solved anew, so that it can be differentiated again.
    const ofRhs = (): Tensor => triangularSolve(matrix, dy as Tensor, { lower, transpose: !transpose });
    return {
      rhs: () => sumTo(ofRhs(), rhs.shape),
      matrix: () => {
        const x = triangularSolve(matrix, rhs, { lower, transpose });
        const product = transpose ? tf.matMul(x, ofRhs(), false, true) : tf.matMul(ofRhs(), x, false, true);
        return sumTo(tf.neg(lower ? tril(product) : triu(product)), matrix.shape);
      },
    };
  },
});
