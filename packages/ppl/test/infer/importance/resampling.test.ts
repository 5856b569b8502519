/** Resampling schemes, by their laws. */
import fc from 'fast-check';
import { multinomialResample, stratifiedResample, systematicResample } from '../../../src/infer/importance/resampling.ts';
import { RandomStream } from '../../../src/random/stream.ts';

const weightsOf = fc.array(fc.constantFrom<number[]>(0, 0.1, 1, 2.5, 7, 1e-12), { minLength: 1, maxLength: 12 }).filter((w) => w.some((x) => x > 0));
const uniform = fc.integer({ min: 0, max: 2 ** 30 - 1 }).map((i) => i / 2 ** 30);

function counts(indices: Int32Array, length: number): number[] {
  const result = Array.from({ length }, () => 0);
  for (const i of indices) result[i]!++;
  return result;
}

test('systematic: each draw is taken as often as its share, rounded down or up', () => {
  fc.assert(
    fc.property(weightsOf, uniform, fc.integer({ min: 1, max: 40 }), (weights, u, count) => {
      const indices = systematicResample(weights, u, count);
      const total = weights.reduce((a, b) => a + b, 0);
      expect(indices).toHaveLength(count);
      expect([...indices]).toEqual([...indices].sort((a, b) => a - b));
      counts(indices, weights.length).forEach((taken, i) => {
        const share = (count * weights[i]!) / total;
        expect(taken).toBeGreaterThanOrEqual(Math.floor(share - 1e-9));
        expect(taken).toBeLessThanOrEqual(Math.ceil(share + 1e-9));
        if (weights[i] === 0) expect(taken).toBe(0);
      });
    }),
  );
});

test('systematic: unbiased, averaged over a fine grid of u', () => {
  const weights = [0.3, 2, 0, 1.1, 0.05];
  const total = 3.45;
  const grid = 20_000;
  const sums = new Float64Array(5);
  for (let i = 0; i < grid; i++) counts(systematicResample(weights, (i + 0.5) / grid, 7), 5).forEach((n, j) => (sums[j]! += n));
  // Counts are steps in u: the grid finds the length of a step to one part in its size.
  weights.forEach((w, j) => expect(Math.abs(sums[j]! / grid - (7 * w) / total)).toBeLessThan(2 / grid));
});

test.each([
  ['stratified', stratifiedResample],
  ['multinomial', multinomialResample],
])('%s: unbiased', (_, resample) => {
  const weights = [0.3, 2, 0, 1.1, 0.05];
  const stream = RandomStream.fromSeed(3);
  const [runs, count] = [4000, 5];
  const sums = new Float64Array(5);
  for (let i = 0; i < runs; i++) {
    counts(resample(weights, Float64Array.from({ length: count }, () => stream.uniform())), 5).forEach((n, j) => (sums[j]! += n));
  }
  weights.forEach((w, j) => {
    const share = w / 3.45;
    // At most the variance of independent draws.
    const se = Math.sqrt((count * share * (1 - share)) / runs);
    expect(Math.abs(sums[j]! / runs - count * share)).toBeLessThanOrEqual(4.5 * se);
  });
  expect(sums[2]).toBe(0);
});

test('stratified: with the same number in each stratum it is systematic', () => {
  fc.assert(
    fc.property(weightsOf, uniform, (weights, u) => {
      const uniforms = weights.map(() => u);
      expect([...stratifiedResample(weights, uniforms)]).toEqual([...systematicResample(weights, u)]);
    }),
  );
});

test('at the edges', () => {
  expect([...systematicResample([1, 1, 0], 0)]).toEqual([0, 0, 1]);
  expect([...systematicResample([0, 0, 3], 1 - 2 ** -53)]).toEqual([2, 2, 2]);
  // Sums of a third round to below one.
  expect([...systematicResample([1 / 3, 1 / 3, 1 / 3, 0], 1 - 2 ** -53, 1)]).toEqual([2]);
  expect([...multinomialResample([1, 3], [0.9, 0.1])]).toEqual([0, 1]);
});

test('refuses what are no weights or uniforms', () => {
  expect(() => systematicResample([0, 0], 0.5)).toThrow('the sum of 2 weights is 0');
  expect(() => systematicResample([], 0.5)).toThrow('the sum of 0 weights is 0');
  expect(() => systematicResample([1, -1], 0.5)).toThrow('weight 1 is -1; weights must not be negative (are these logarithms?)');
  expect(() => systematicResample([1, Number.NaN], 0.5)).toThrow('weight 1 is NaN');
  expect(() => systematicResample([1], 1)).toThrow('must lie in [0, 1), got 1');
  expect(() => stratifiedResample([1], [-0.1])).toThrow('infer.stratifiedResample');
  expect(() => multinomialResample([1], [2])).toThrow('infer.multinomialResample');
});
