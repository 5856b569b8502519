/** @file Matrix products by wasm against the plain loops of the interpreter. */
import fc from 'fast-check';
import type { Shape } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import type { Precision } from '../../src/wasm/lanes/lanes.ts';
import { supportsRelaxedSimd } from '../../src/wasm/relaxedSimd.ts';
import { uniform } from '../helpers/numbers.ts';
import { EPSILON, expectedOf, nodeOf, runNode, worst } from './runNode.ts';

/** How a product is formed and computed. */
interface Case {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly precision: Precision;
  readonly relaxedSimd?: boolean;
}

/** Compares a product of numbers in [-1, 1] with the interpreter's, within the bound k eps Σ|a b| <= k² eps. */
function check(a: Shape, b: Shape, { transposeA, transposeB, precision, relaxedSimd = false }: Case): void {
  const operands = [a, b].map((shape, i) => ({ shape, values: uniform(sizeOf(shape), -1, 1, i + 1) }));
  const node = nodeOf([a, b], (g, x, y) => g.dot(x!, y!, transposeA, transposeB));
  const k = a.at(transposeA ? -2 : -1)!;
  const actual = runNode(node, operands, precision, relaxedSimd);
  const bound = (k + 4) * (k + 4) * EPSILON[precision];
  expect(worst(actual, expectedOf(node, operands, precision))).toBeLessThanOrEqual(bound);
}

const cases = (relaxedSimd = false): fc.Arbitrary<Case> =>
  fc.record({
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    precision: fc.constantFrom<Precision>('float64', 'float32'),
    relaxedSimd: fc.constant(relaxedSimd),
  });
const length = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 13, max: 50 }));
const left = (m: number, k: number, { transposeA }: Case): Shape => (transposeA ? [k, m] : [m, k]);
const right = (k: number, n: number, { transposeB }: Case): Shape => (transposeB ? [n, k] : [k, n]);

test('products of any shape, flags and precision', () => {
  fc.assert(
    fc.property(length, length, length, cases(), (m, n, k, form) => check(left(m, k, form), right(k, n, form), form)),
    { numRuns: 300 },
  );
});

test('products with vectors of all lengths', () => {
  const long = fc.integer({ min: 1, max: 130 });
  fc.assert(
    fc.property(long, long, fc.constantFrom('row', 'column', 'outer'), cases(), (p, q, kind, form) => {
      const [m, k, n] = kind === 'row' ? [1, p, q] : kind === 'column' ? [p, q, 1] : [p, 1, q];
      check(left(m, k, form), right(k, n, form), form);
    }),
    { numRuns: 200 },
  );
});

// Longer than the blocks that larger products are cut into, by this and that.
test.each([
  [131, 9, 390],
  [6, 67, 1153],
  [21, 41, 385],
])('a product of %i rows, %i columns and sums of %i terms', (m, n, k) => {
  for (const precision of ['float64', 'float32'] as const) {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const form = { transposeA, transposeB, precision };
        check(left(m, k, form), right(k, n, form), form);
      }
    }
  }
});

test('batches broadcast', () => {
  const batches = fc.constantFrom<readonly [Shape, Shape]>(
    [[3], [3]], [[2, 1], [1, 3]], [[], [2, 2]], [[4], []], [[2, 3], [1, 1]], [[2, 3], [3]], [[0], [1]],
  );
  const few = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(batches, few, few, few, cases(), ([ofA, ofB], m, n, k, form) => {
      check([...ofA, ...left(m, k, form)], [...ofB, ...right(k, n, form)], form);
    }),
    { numRuns: 200 },
  );
});

test('long sums of float32 lose little', () => {
  const k = 100_000;
  const operands = [[1, k], [k, 1]].map((shape, i) => ({ shape, values: uniform(k, 0, 1, i + 1).map(Math.fround) }));
  const node = nodeOf([[1, k], [k, 1]], (g, x, y) => g.dot(x!, y!));
  const [actual, expected] = [runNode(node, operands, 'float32')[0]!, expectedOf(node, operands, 'float32')[0]!];
  // Adding n numbers one after another, an error of eps / sqrt(3) of a total that grows to S each, comes to about
  // eps S sqrt(n) / 3; in 16 chains a 16th of each, to a 16th of that: some 4e-7 of S, where one chain loses 1e-5.
  expect(Math.abs(actual / expected - 1)).toBeLessThan(1e-6);
});

(supportsRelaxedSimd() ? test : test.skip)('with fused multiply-adds', () => {
  fc.assert(
    fc.property(length, length, length, cases(true), (m, n, k, form) => check(left(m, k, form), right(k, n, form), form)),
    { numRuns: 100 },
  );
});
