/** @file Triangles and diagonals of matrices. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Operand } from './elementwise.ts';
import { squareSize } from './matrices.ts';
import { toFloat } from './toFloat.ts';

/** The matrices [..., n, m] with zeros above the k-th diagonal (0 is the main one, 1 the one above it). */
export function tril(x: Operand, k = 0): Tensor {
  return masked(x, (row, column) => column - row <= k);
}

/** The matrices [..., n, m] with zeros below the k-th diagonal. */
export function triu(x: Operand, k = 0): Tensor {
  return masked(x, (row, column) => column - row >= k);
}

/** The diagonals [..., n] of matrices [..., n, n]. */
export function diagPart(x: Operand): Tensor {
  return tf.tidy(() => {
    const matrix = toFloat(x);
    squareSize('diagPart', matrix.shape);
    return tf.sum(masked(matrix, (row, column) => row === column), -1);
  });
}

/** The diagonal matrices [..., n, n] with diagonals [..., n]. */
export function diagEmbed(x: Operand): Tensor {
  return tf.tidy(() => {
    const diagonal = toFloat(x);
    const n = diagonal.shape.at(-1);
    if (n === undefined) throw new Error('ops.diagEmbed: expected diagonals [..., n], got a scalar');
    const spread = tf.tile(tf.expandDims(diagonal, -1), [...diagonal.shape.map(() => 1), n]);
    return masked(spread, (row, column) => row === column);
  });
}

/** The last two axes where `keep` holds, and zeros elsewhere: by `where`, as zero times infinity is NaN. */
function masked(x: Operand, keep: (row: number, column: number) => boolean): Tensor {
  return tf.tidy(() => {
    const matrix = toFloat(x);
    const [rows, columns] = matrix.shape.slice(-2);
    if (rows === undefined || columns === undefined) throw new Error('ops: expected matrices [..., n, m]');
    const mask = Uint8Array.from({ length: rows * columns }, (_, i) =>
      keep(Math.floor(i / columns), i % columns) ? 1 : 0,
    );
    return tf.where(tf.tensor(mask, [rows, columns], 'bool'), matrix, tf.zerosLike(matrix));
  });
}
