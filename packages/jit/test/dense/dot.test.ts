/** @file Matrix products by wasm against the plain loops of the interpreter. */
import fc from 'fast-check';
import type { Shape } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import type { Precision } from '../../src/wasm/lanes/lanes.ts';
import { uniform } from '../helpers/numbers.ts';
import { EPSILON, expectedOf, nodeOf, runNode, worst } from './runNode.ts';

/** Compares a product of numbers in [-1, 1] with the interpreter's, within the bound k eps Σ|a b| <= k² eps. */
function check(a: Shape, b: Shape, transposeA: boolean, transposeB: boolean, precision: Precision): void {
  const operands = [a, b].map((shape, i) => ({ shape, values: uniform(sizeOf(shape), -1, 1, i + 1) }));
  const node = nodeOf([a, b], (g, x, y) => g.dot(x!, y!, transposeA, transposeB));
  const k = a.at(transposeA ? -2 : -1)!;
  const actual = runNode(node, operands, precision);
  const expected = expectedOf(node, operands, precision);
  const bound = (k + 4) * (k + 4) * EPSILON[precision];
  expect(worst(actual, expected)).toBeLessThanOrEqual(bound);
}

const precisions = fc.constantFrom<Precision>('float64', 'float32');
const length = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 13, max: 50 }));

test('products of any shape, flags and precision', () => {
  fc.assert(
    fc.property(length, length, length, fc.boolean(), fc.boolean(), precisions, (m, n, k, transposeA, transposeB, precision) => {
      check(transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n], transposeA, transposeB, precision);
    }),
    { numRuns: 300 },
  );
});
