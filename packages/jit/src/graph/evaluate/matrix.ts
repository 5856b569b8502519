/** @file Products and factorisations of matrices. */
import type { NodeOf } from '../node.ts';
import { at, sizeOf } from '../shape.ts';
import { broadcastStrides, positions } from './positions.ts';
import type { Value } from './positions.ts';
import type { Rounding } from './rounding.ts';

/** Where the matrices of `value` start, one for each entry of the batch shape it is broadcast to. */
function matrices(value: Value, batch: readonly number[]): Int32Array {
  const own = value.shape.slice(0, -2);
  const size = sizeOf(value.shape.slice(-2));
  return positions(batch, broadcastStrides(own, batch).map((stride) => stride * size));
}

/** The value of a matrix product. */
export function evaluateDot(node: NodeOf<'dot'>, a: Value, b: Value, round: Rounding): Float64Array {
  const batch = node.shape.slice(0, -2);
  const [rows, columns] = [at(node.shape, node.shape.length - 2), at(node.shape, node.shape.length - 1)];
  const inner = at(a.shape, a.shape.length - (node.transposeA ? 2 : 1));
  const result = new Float64Array(sizeOf(node.shape));
  const ofA = matrices(a, batch);
  const ofB = matrices(b, batch);
  for (let m = 0; m < ofA.length; m++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          const inA = node.transposeA ? k * rows + i : i * inner + k;
          const inB = node.transposeB ? j * inner + k : k * columns + j;
          sum = round(sum + at(a.values, at(ofA, m) + inA) * at(b.values, at(ofB, m) + inB));
        }
        result[(m * rows + i) * columns + j] = sum;
      }
    }
  }
  return result;
}

/** The lower Cholesky factor, row by row (Golub and Van Loan, 4.2.5); NaN from where a matrix is not positive definite. */
export function evaluateCholesky(node: NodeOf<'cholesky'>, x: Value): Float64Array {
  const n = at(node.shape, node.shape.length - 1);
  const l = new Float64Array(x.values.length);
  for (let start = 0; start < l.length; start += n * n) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = at(x.values, start + i * n + j);
        for (let k = 0; k < j; k++) sum -= at(l, start + i * n + k) * at(l, start + j * n + k);
        l[start + i * n + j] = i === j ? Math.sqrt(sum) : sum / at(l, start + j * n + j);
      }
    }
  }
  return l;
}

/** Forward or back substitution. */
export function evaluateTriangularSolve(node: NodeOf<'triangularSolve'>, matrix: Value, rhs: Value): Float64Array {
  const batch = node.shape.slice(0, -2);
  const [n, columns] = [at(node.shape, node.shape.length - 2), at(node.shape, node.shape.length - 1)];
  const result = new Float64Array(sizeOf(node.shape));
  const ofMatrix = matrices(matrix, batch);
  const ofRhs = matrices(rhs, batch);
  const isForward = node.lower !== node.transpose;
  for (let m = 0; m < ofMatrix.length; m++) {
    const entry = (i: number, j: number): number =>
      at(matrix.values, at(ofMatrix, m) + (node.transpose ? j * n + i : i * n + j));
    for (let column = 0; column < columns; column++) {
      for (let step = 0; step < n; step++) {
        const i = isForward ? step : n - 1 - step;
        let sum = at(rhs.values, at(ofRhs, m) + i * columns + column);
        for (let done = 0; done < step; done++) {
          const j = isForward ? done : n - 1 - done;
          sum -= entry(i, j) * at(result, (m * n + j) * columns + column);
        }
        result[(m * n + i) * columns + column] = sum / entry(i, i);
      }
    }
  }
  return result;
}
