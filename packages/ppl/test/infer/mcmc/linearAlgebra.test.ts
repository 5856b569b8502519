import fc from 'fast-check';
import { geometricMean } from '../../../src/infer/mcmc/geometricMean.ts';
import { orthonormalBasis } from '../../../src/infer/mcmc/orthonormalBasis.ts';
import { symmetricEigen } from '../../../src/infer/mcmc/symmetricEigen.ts';
import { RandomStream } from '../../../src/random/stream.ts';

type Matrix = number[][];
const build = (n: number, entry: (i: number, j: number) => number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => entry(i, j)));
const times = (a: Matrix, b: Matrix) => build(a.length, (i, j) => a[i]!.reduce((sum, x, k) => sum + x * b[k]![j]!, 0));
const rows = (flat: ArrayLike<number>, n: number) => build(n, (i, j) => flat[i * n + j]!);
const random = (n: number, seed: number) => {
  const stream = RandomStream.fromSeed(seed);
  return build(n, () => stream.normal());
};
const largest = (a: Matrix) => Math.max(...a.flat().map(Math.abs));
const minus = (a: Matrix, b: Matrix) => build(a.length, (i, j) => a[i]![j]! - b[i]![j]!);
const sizes = fc.integer({ min: 1, max: 24 });

describe('symmetricEigen', () => {
  test('A = Σ λ v vᵀ with orthonormal v', () => {
    fc.assert(
      fc.property(sizes, fc.integer(), fc.integer({ min: 0, max: 8 }), (n, seed, decades) => {
        const r = random(n, seed);
        const a = build(n, (i, j) => (r[i]![j]! + r[j]![i]!) * 10 ** ((-decades * (i + j)) / (2 * n)));
        const { values, vectors } = symmetricEigen(a.flat(), n);
        const v = rows(vectors, n);
        const again = build(n, (i, j) => v.reduce((sum, axis, k) => sum + values[k]! * axis[i]! * axis[j]!, 0));
        expect(largest(minus(again, a))).toBeLessThan(1e-13 * largest(a));
        const gram = build(n, (i, j) => v[i]!.reduce((sum, x, k) => sum + x * v[j]![k]!, 0));
        expect(largest(minus(gram, build(n, (i, j) => (i === j ? 1 : 0))))).toBeLessThan(1e-13);
      }),
    );
  });

  test('of matrices whose eigenvalues are known', () => {
    const sorted = (a: Matrix) => [...symmetricEigen(a.flat(), a.length).values].sort((x, y) => x - y);
    expect(sorted([[2, 0, 0], [0, 2, 0], [0, 0, 5]])).toEqual([2, 2, 5]);
    expect(sorted([[0, 0], [0, 0]])).toEqual([0, 0]);
    expect(sorted([[7]])).toEqual([7]);
    // The second difference matrix: 2 - 2 cos(kπ / (n + 1)).
    const n = 30;
    const difference = build(n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));
    for (const [k, value] of sorted(difference).entries()) {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 13);
    }
  });

  test('refuses what is not finite', () => {
    expect(() => symmetricEigen([Number.NaN, 1, 1, 2], 2)).toThrow(/not finite/);
    expect(() => symmetricEigen([1, Infinity, Infinity, 2], 2)).toThrow(/not finite/);
  });
});

describe('geometricMean', () => {
  const positive = (n: number, seed: number) => {
    const r = random(n, seed);
    return build(n, (i, j) => r[i]!.reduce((sum, x, k) => sum + x * r[j]![k]!, 0) + (i === j ? 0.1 : 0));
  };

  test('is the S with SBS = A, symmetric', () => {
    fc.assert(
      fc.property(sizes, fc.integer(), (n, seed) => {
        const a = positive(n, seed);
        const b = positive(n, seed + 1);
        const s = rows(geometricMean(a.flat(), b.flat(), n), n);
        expect(largest(minus(times(times(s, b), s), a))).toBeLessThan(1e-9 * largest(a) * n);
        expect(largest(minus(s, build(n, (i, j) => s[j]![i]!)))).toBeLessThan(1e-12 * largest(s));
      }),
    );
  });

  test('of numbers, and of a matrix with itself', () => {
    expect(geometricMean([8], [2], 1)[0]).toBeCloseTo(2, 14);
    const a = positive(6, 3);
    expect(largest(minus(rows(geometricMean(a.flat(), a.flat(), 6), 6), build(6, (i, j) => (i === j ? 1 : 0))))).toBeLessThan(1e-10);
    expect(() => geometricMean([1, 0, 0, 1], [1, 2, 2, 1], 2)).toThrow(/not positive definite/);
  });
});

test('orthonormalBasis spans what the vectors span', () => {
  const [a, b] = [Float64Array.of(1, 2, 2, 0), Float64Array.of(0, 1, 0, 1)];
  const both = a.map((x, i) => 3 * x - b[i]!);
  const basis = orthonormalBasis([a, b, both])!;
  expect(basis).toHaveLength(2);
  const along = (axis: Float64Array, x: Float64Array) => axis.reduce((sum, value, i) => sum + value * x[i]!, 0);
  for (const x of [a, b, both]) {
    const again = x.map((_, i) => basis.reduce((sum, axis) => sum + along(axis, x) * axis[i]!, 0));
    for (const [i, value] of again.entries()) expect(value).toBeCloseTo(x[i]!, 13);
  }
  expect(along(basis[0]!, basis[1]!)).toBeCloseTo(0, 15);
  expect(orthonormalBasis([a, b, both, a])).toBeNull();
});
