/** @file Cholesky factors and triangular systems by wasm against the plain loops of the interpreter. */
import fc from 'fast-check';
import type { Shape } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import type { Precision } from '../../src/wasm/lanes/lanes.ts';
import { uniform } from '../helpers/numbers.ts';
import type { Operand } from './runNode.ts';
import { EPSILON, expectedOf, nodeOf, runNode, worst } from './runNode.ts';

const precisions = fc.constantFrom<Precision>('float64', 'float32');
const size = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 10, max: 40 }));

/** Matrices with 2 or more on the diagonal and off it so little that nothing is ill-conditioned; NaN where not read. */
function triangular(batch: Shape, n: number, lower: boolean, seed: number): Operand {
  const shape = [...batch, n, n];
  const values = uniform(sizeOf(shape), -1, 1, seed).map((x, p) => {
    const [i, j] = [Math.floor(p / n) % n, p % n];
    if (i === j) return 2 + Math.abs(x);
    return j < i === lower ? x / n : Number.NaN;
  });
  return { shape, values };
}

test('Cholesky factors of any size and batch', () => {
  fc.assert(
    fc.property(size, fc.integer({ min: 0, max: 3 }), precisions, (n, batch, precision) => {
      // B B^T / n + I, its upper triangle spoilt.
      const b = uniform(batch * n * n, -1, 1, 1);
      const shape = [batch, n, n];
      const values = Array.from({ length: batch * n * n }, (_, p) => {
        const [k, i, j] = [Math.floor(p / (n * n)), Math.floor(p / n) % n, p % n];
        if (j > i) return Number.NaN;
        let sum = i === j ? 1 : 0;
        for (let c = 0; c < n; c++) sum += (b[(k * n + i) * n + c]! * b[(k * n + j) * n + c]!) / n;
        return sum;
      });
      const node = nodeOf([shape], (g, x) => g.cholesky(x));
      const operands = [{ shape, values }];
      const actual = runNode(node, operands, precision);
      // Higham, Accuracy and Stability, theorem 10.3: a relative error of about n eps times the condition, here below 5.
      expect(worst(actual, expectedOf(node, operands, precision))).toBeLessThanOrEqual(10 * (n + 1) * EPSILON[precision]);
    }),
    { numRuns: 100 },
  );
});

test('the factor of a matrix that is not positive definite is NaN from there on', () => {
  const n = 11;
  for (let bad = 0; bad < n; bad++) {
    const values = Array.from({ length: n * n }, (_, p) => {
      const [i, j] = [Math.floor(p / n), p % n];
      return i === j ? (i === bad ? -1 : 2) : 0.1;
    });
    const node = nodeOf([[n, n]], (g, x) => g.cholesky(x));
    const operands = [{ shape: [n, n], values }];
    const actual = Array.from(runNode(node, operands, 'float64'), Number.isNaN);
    expect(actual).toEqual(Array.from(expectedOf(node, operands, 'float64'), Number.isNaN));
    expect(actual).toContain(true);
  }
});

test('triangular systems of any size, flags and batch', () => {
  const batches = fc.constantFrom<readonly [Shape, Shape]>([[], []], [[3], [3]], [[2, 1], [1, 3]], [[], [2]], [[2], []], [[0], [0]]);
  fc.assert(
    fc.property(size, size, batches, fc.boolean(), fc.boolean(), precisions, (n, m, [left, right], lower, transpose, precision) => {
      const matrix = triangular(left, n, lower, 3);
      const shape = [...right, n, m];
      const operands = [matrix, { shape, values: uniform(sizeOf(shape), -1, 1, 4) }];
      const node = nodeOf([matrix.shape, shape], (g, t, b) => g.triangularSolve(t!, b!, lower, transpose));
      const actual = runNode(node, operands, precision);
      // Higham, theorem 8.5, with a condition number below 3.
      expect(worst(actual, expectedOf(node, operands, precision))).toBeLessThanOrEqual(4 * (n + 4) * EPSILON[precision]);
    }),
    { numRuns: 200 },
  );
});
