import fc from 'fast-check';
import { updateDiagonal } from '../../../src/infer/pathfinder/diagonalUpdate.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { bfgs, diagonal, expectClose, inner, inverse, pairsOf, positiveDefinite } from './dense.ts';

test('is the inverse diagonal of the Hessian after one update of the scaled diagonal', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 1e6 }), (n, seed) => {
      const stream = RandomStream.fromSeed(seed);
      const before = Float64Array.from({ length: n }, () => Math.exp(stream.normal()));
      const pair = pairsOf(positiveDefinite(n, stream), 1, stream)[0]!;
      // Scaled so that yᵀDy = yᵀs, as with the scalar of L-BFGS.
      const { step, change } = pair;
      const ratio = inner(step, change) / inner(change, change.map((y, i) => y * before[i]!));
      const hessian = inverse(bfgs(diagonal(before.map((d) => d * ratio)), pair));
      expectClose(updateDiagonal(before, pair), hessian.map((row, i) => 1 / row[i]!), 1e-6);
    }),
  );
});

test('in one dimension, the inverse curvature', () => {
  expect(updateDiagonal(Float64Array.of(7), { step: Float64Array.of(2), change: Float64Array.of(0.5) })[0]).toBeCloseTo(4, 12);
});

test('stays as it was where numbers would overflow', () => {
  const before = Float64Array.of(1, 2);
  expect(updateDiagonal(before, { step: Float64Array.of(1e-200, 1e-200), change: Float64Array.of(1e200, 1e200) })).toBe(before);
});
