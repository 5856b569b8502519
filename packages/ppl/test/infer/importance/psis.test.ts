/** Pareto-smoothed importance sampling, against R's loo (fixtures/psis.json, made by fixtures/psis.R) and by its laws. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { fitGeneralisedPareto, paretoQuantile, shrinkShape } from '../../../src/infer/importance/generalisedPareto.ts';
import { paretoKThreshold, psis } from '../../../src/infer/importance/psis.ts';
import { logMeanExp, logSumExp, normalisedWeights, relativeStandardError, weightsEss } from '../../../src/infer/importance/weights.ts';
import { RandomStream } from '../../../src/random/stream.ts';

interface Case {
  readonly name: string;
  readonly logWeights: number[];
  readonly relativeEfficiency: number;
  readonly k: number | 'Inf';
  readonly tailLength: number;
  readonly smoothed: number[];
}

const fixture = JSON.parse(readFileSync(join(__dirname, 'fixtures/psis.json'), 'utf8')) as {
  readonly psis: readonly Case[];
  readonly fits: readonly { sample: number[]; k: number; sigma: number }[];
};

describe('as in the R package loo', () => {
  test.each(fixture.psis.map((entry) => [entry.name, entry] as const))('%s', (_, expected) => {
    const { k, tailLength, logWeights } = psis(expected.logWeights, { relativeEfficiency: expected.relativeEfficiency });
    expect(tailLength).toBe(expected.tailLength);
    if (expected.k === 'Inf') expect(k).toBe(Infinity);
    else expect(k).toBeCloseTo(expected.k, 10);
    for (const [i, value] of expected.smoothed.entries()) expect([i, logWeights[i]]).toEqual([i, expect.closeTo(value, 9)]);
  });

  test.each(fixture.fits.map((fit) => [fit.sample.length, fit] as const))('a generalised Pareto fit to %p numbers', (n, expected) => {
    const { shape, scale } = fitGeneralisedPareto(Float64Array.from(expected.sample));
    expect(shrinkShape(shape, n)).toBeCloseTo(expected.k, 11);
    expect(scale).toBeCloseTo(expected.sigma, 11);
  });
});

describe('the generalised Pareto distribution', () => {
  test('quantiles invert the distribution function', () => {
    for (const shape of [-0.8, -1e-9, 0, 1e-9, 0.5, 2]) {
      for (const p of [1e-9, 0.1, 0.5, 0.99]) {
        const x = paretoQuantile({ shape, scale: 3 }, p);
        const tail = Math.abs(shape) < 1e-8 ? Math.exp(-x / 3) : (1 + (shape * x) / 3) ** (-1 / shape);
        expect(tail).toBeCloseTo(1 - p, 7);
      }
    }
  });

  test.each([-0.5, 0, 0.3, 0.7, 1.2])('k = %p is recovered from its own quantiles', (shape) => {
    const n = 5000;
    const sample = Float64Array.from({ length: n }, (_, i) => paretoQuantile({ shape, scale: 2 }, (i + 0.5) / n));
    const fit = fitGeneralisedPareto(sample);
    // The asymptotic standard errors of k̂ and log σ̂ for random draws are below (1 + |k|) √(2/n), 0.04 here; these are not random.
    expect(Math.abs(fit.shape - shape)).toBeLessThan(0.02);
    expect(Math.abs(fit.scale / 2 - 1)).toBeLessThan(0.02);
  });

  test('a sample with three quarters equal, where a point of the grid is zero', () => {
    const sample = new Float64Array(100).fill(1);
    sample.fill(0.5, 0, 10);
    const { shape, scale } = fitGeneralisedPareto(sample);
    expect(Number.isFinite(shape) && Number.isFinite(scale)).toBe(true);
  });
});

describe('laws', () => {
  const sizes = fc.integer({ min: 26, max: 300 });
  const seeds = fc.integer({ min: 0, max: 1e6 });
  const drawn = (seed: number, size: number, spread: number): Float64Array => {
    const stream = RandomStream.fromSeed(seed);
    return Float64Array.from({ length: size }, () => spread * stream.normal());
  };

  test('a constant added to all log weights changes nothing but them', () => {
    fc.assert(
      fc.property(seeds, sizes, fc.integer({ min: -1000, max: 1000 }), (seed, size, constant) => {
        const x = drawn(seed, size, 2);
        const here = psis(x);
        const there = psis(x.map((value) => value + constant));
        expect(there.k).toBeCloseTo(here.k, 8);
        for (let i = 0; i < size; i++) expect(there.logWeights[i]! - constant).toBeCloseTo(here.logWeights[i]!, 8);
      }),
      { numRuns: 50 },
    );
  });

  test('a permutation of the draws permutes the weights', () => {
    fc.assert(
      fc.property(seeds, sizes, (seed, size) => {
        const x = drawn(seed, size, 2);
        const order = RandomStream.fromSeed(seed + 1).choose(size, size);
        const here = psis(x);
        const there = psis(Float64Array.from(order, (i) => x[i]!));
        expect(there.k).toBe(here.k);
        expect([...there.logWeights]).toEqual([...order].map((i) => here.logWeights[i]));
      }),
      { numRuns: 50 },
    );
  });

  test('order is kept, no weight passes the largest, and only the tail changes', () => {
    fc.assert(
      fc.property(seeds, sizes, fc.constantFrom(0.1, 1, 5), (seed, size, spread) => {
        const x = drawn(seed, size, spread);
        const { logWeights, tailLength } = psis(x);
        const ranked = [...x.keys()].sort((a, b) => x[a]! - x[b]!);
        const smoothed = ranked.map((i) => logWeights[i]!);
        for (let i = 1; i < size; i++) expect(smoothed[i]!).toBeGreaterThanOrEqual(smoothed[i - 1]!);
        expect(smoothed.at(-1)!).toBeLessThanOrEqual(Math.max(...x));
        expect(smoothed.slice(0, size - tailLength)).toEqual(ranked.slice(0, size - tailLength).map((i) => x[i]));
      }),
      { numRuns: 50 },
    );
  });

  test('weights of zero are as good as tiny ones', () => {
    const x = drawn(1, 200, 1);
    const zero = x.map((value, i) => (i % 3 === 0 ? -Infinity : value));
    const tiny = x.map((value, i) => (i % 3 === 0 ? -800 : value));
    expect(psis(zero).k).toBe(psis(tiny).k);
  });
});

test('of exponential proposals, the k that theory gives', () => {
  // Target Exp(1), proposal Exp(rate): the weight is a power of a uniform number, of tail index 1 - 1/rate.
  const stream = RandomStream.fromSeed(4);
  for (const rate of [1.25, 2, 4]) {
    const logWeights = Float64Array.from({ length: 40_000 }, () => ((rate - 1) * stream.exponential()) / rate);
    // A tail of 600 and (1 + k) / √600: four standard errors are at most 0.29.
    const theory = 1 - 1 / rate;
    expect(Math.abs(psis(logWeights).k - theory)).toBeLessThan((4 * (1 + theory)) / Math.sqrt(600));
  }
});

test('what cannot be said of few, or of equal, weights', () => {
  expect(psis(new Float64Array(100)).k).toBe(-Infinity);
  expect(psis(Float64Array.from({ length: 20 }, (_, i) => i)).k).toBe(Infinity);
  expect(psis([0]).k).toBe(Infinity);
  const one = new Float64Array(100).fill(-Infinity);
  one[7] = 2;
  expect(psis(one).k).toBe(Infinity);
  expect(psis(one).logWeights[7]).toBe(2);
});

test('thresholds', () => {
  expect(paretoKThreshold(100)).toBeCloseTo(0.5, 12);
  expect(paretoKThreshold(1000)).toBeCloseTo(2 / 3, 12);
  expect(paretoKThreshold(1e5)).toBe(0.7);
});

test('refuses what are no weights', () => {
  expect(() => psis([])).toThrow('infer.psis: there are no weights');
  expect(() => psis([0, Number.NaN])).toThrow('log weight 1 is NaN');
  expect(() => psis([0, Infinity])).toThrow('log weight 1 is Infinity');
  expect(() => psis([-Infinity, -Infinity])).toThrow('all 2 weights are zero');
  expect(() => psis([0, 1], { rEff: 1 } as object)).toThrow('unknown option "rEff"');
  expect(() => psis([0, 1], { relativeEfficiency: 0 })).toThrow('relativeEfficiency must be positive');
});

test('sums of weights', () => {
  expect(logSumExp([])).toBe(-Infinity);
  expect(logSumExp([-Infinity, -Infinity])).toBe(-Infinity);
  expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.LN2, 12);
  expect(logMeanExp([3, 3, 3])).toBeCloseTo(3, 14);
  expect(logSumExp([0, Number.NaN])).toBeNaN();
  expect([...normalisedWeights([Math.log(1), Math.log(3), -Infinity])]).toEqual([expect.closeTo(0.25), expect.closeTo(0.75), 0]);
  expect(weightsEss([5, 5, 5, 5])).toBeCloseTo(4, 12);
  expect(weightsEss([0, -Infinity])).toBe(1);
  expect(weightsEss([-Infinity])).toBe(0);
  // Weights 1 and 3: mean 2, standard deviation √2, standard error of the mean 1.
  expect(relativeStandardError([0, Math.log(3)])).toBeCloseTo(0.5, 12);
});
