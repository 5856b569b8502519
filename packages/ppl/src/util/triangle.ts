/** @file Packing vectors into triangles of matrices, and taking them out again. All differentiable. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Number of elements on and below the diagonal of an n×n matrix, or below it only. */
export function triangleSize(n: number, isStrict: boolean): number {
  return isStrict ? (n * (n - 1)) / 2 : (n * (n + 1)) / 2;
}

/** The n for which a triangle has `size` elements. @throws Error when there is none. */
export function triangleRank(size: number, isStrict: boolean): number {
  const n = Math.round((Math.sqrt(8 * size + 1) + (isStrict ? 1 : -1)) / 2);
  if (triangleSize(n, isStrict) !== size) {
    const triangle = isStrict ? 'strict lower triangle' : 'lower triangle';
    throw new Error(`a vector of ${size} elements does not fill the ${triangle} of any matrix`);
  }
  return n;
}

/** `[..., size]` to `[..., n, n]`: row by row into the lower triangle, zeros elsewhere. */
export function fillTriangle(vector: Tensor, isStrict: boolean): Tensor {
  const size = vector.shape.at(-1) ?? 0;
  const n = triangleRank(size, isStrict);
  const batch = vector.shape.slice(0, -1);
  // One zero at the end, which all elements outside of the triangle are taken from.
  const padded = tf.pad(vector, [...batch.map((): [number, number] => [0, 0]), [0, 1]]);
  const index = new Int32Array(n * n).fill(size);
  lowerIndices(n, isStrict).forEach((position, i) => {
    index[position] = i;
  });
  return tf.reshape(tf.gather(padded, tf.tensor1d(index, 'int32'), -1), [...batch, n, n]);
}

/** The inverse of {@link fillTriangle}: `[..., n, n]` to `[..., size]`. */
export function takeTriangle(matrix: Tensor, isStrict: boolean): Tensor {
  const n = matrix.shape.at(-1) ?? 0;
  const flat = tf.reshape(matrix, [...matrix.shape.slice(0, -2), n * n]);
  return tf.gather(flat, tf.tensor1d(lowerIndices(n, isStrict), 'int32'), -1);
}

/** Positions of the diagonal elements within a triangle's vector. */
export function diagonalPositions(n: number): number[] {
  return Array.from({ length: n }, (_, i) => triangleSize(i + 1, false) - 1);
}

/** Row-major positions of the lower triangle's elements in an n×n matrix. */
function lowerIndices(n: number, isStrict: boolean): number[] {
  const positions: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < (isStrict ? i : i + 1); j++) positions.push(i * n + j);
  }
  return positions;
}
