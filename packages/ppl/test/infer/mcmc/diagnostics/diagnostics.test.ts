import fc from 'fast-check';
import { autocorrelation } from '../../../../src/infer/mcmc/diagnostics/autocorrelation.ts';
import { effectiveSampleSize } from '../../../../src/infer/mcmc/diagnostics/effectiveSampleSize.ts';
import { eBfmi } from '../../../../src/infer/mcmc/diagnostics/energy.ts';
import { hpdi } from '../../../../src/infer/mcmc/diagnostics/hpdi.ts';
import { sortedQuantile } from '../../../../src/infer/mcmc/diagnostics/moments.ts';
import { normalQuantile } from '../../../../src/infer/mcmc/diagnostics/normalQuantile.ts';
import { rankNormalise } from '../../../../src/infer/mcmc/diagnostics/rankNormalise.ts';
import { splitRHat } from '../../../../src/infer/mcmc/diagnostics/rHat.ts';
import { meanStandardError, sdStandardError } from '../../../../src/infer/mcmc/diagnostics/standardError.ts';
import { RandomStream } from '../../../../src/random/stream.ts';

function ar1(numChains: number, length: number, rho: number, seed: number): number[][] {
  const stream = RandomStream.fromSeed(seed);
  return Array.from({ length: numChains }, () => {
    let x = stream.normal();
    return Array.from({ length }, () => (x = rho * x + Math.sqrt(1 - rho * rho) * stream.normal()));
  });
}

const map = (chains: readonly number[][], fn: (x: number, chain: number) => number) =>
  chains.map((chain, c) => chain.map((x) => fn(x, c)));

describe('effective sample size', () => {
  test.each([
    [0, 4000],
    [0.5, 4000 / 3],
    [0.9, 4000 / 19],
  ])('of an AR(1) chain with ρ = %p is about N (1 - ρ)/(1 + ρ) = %p (P42)', (rho, expected) => {
    const ratios = [1, 2, 3, 4].map((seed) => effectiveSampleSize(ar1(4, 1000, rho, seed)) / expected);
    // The standard deviation over seeds is about 8 % for ρ = 0.5 and 16 % for ρ = 0.9; these are means of four.
    expect(Math.abs(ratios.reduce((sum, ratio) => sum + ratio, 0) / 4 - 1)).toBeLessThan(0.3);
  });

  test('and R̂ do not change under affine maps; rank-based ones under no monotone map (P42)', () => {
    const chains = ar1(3, 200, 0.6, 7);
    const cubed = map(chains, (x) => x ** 3);
    for (const kind of ['bulk', 'tail', 'mean'] as const) {
      const ess = effectiveSampleSize(chains, kind);
      expect(effectiveSampleSize(map(chains, (x) => 5 - 3 * x), kind)).toBeCloseTo(ess, 8);
      if (kind !== 'mean') expect(effectiveSampleSize(cubed, kind)).toBeCloseTo(ess, 8);
      else expect(Math.abs(effectiveSampleSize(cubed, kind) - ess)).toBeGreaterThan(1);
    }
    expect(splitRHat(map(chains, (x) => 5 - 3 * x))).toBeCloseTo(splitRHat(chains), 10);
  });

  test('counts what chains disagree about', () => {
    const chains = ar1(4, 500, 0, 1);
    expect(effectiveSampleSize(chains)).toBeGreaterThan(1500);
    expect(effectiveSampleSize(map(chains, (x, c) => x + 5 * c))).toBeLessThan(8);
  });

  test('has the kinds that it says', () => {
    expect(() => effectiveSampleSize([[1, 2, 3, 4]], 'sd' as 'mean')).toThrow(/'bulk', 'tail' or 'mean', got 'sd'/);
  });
});

describe('R̂', () => {
  test('is near 1 for chains that agree, above 1.1 for shifted, stretched or drifting ones (P42)', () => {
    const chains = ar1(4, 500, 0.2, 3);
    expect(Math.abs(splitRHat(chains) - 1)).toBeLessThan(0.01);
    expect(splitRHat(map(chains, (x, c) => x + (c === 0 ? 2 : 0)))).toBeGreaterThan(1.1);
    expect(splitRHat(map(chains, (x, c) => x * (c === 0 ? 4 : 1)))).toBeGreaterThan(1.1);
    expect(splitRHat([chains[0]!.map((x, t) => x + t / 100)])).toBeGreaterThan(1.1);
  });
});

describe.each<[string, (chains: readonly ArrayLike<number>[]) => number]>([
  ['effectiveSampleSize', effectiveSampleSize],
  ['tail effectiveSampleSize', (chains) => effectiveSampleSize(chains, 'tail')],
  ['splitRHat', splitRHat],
  ['meanStandardError', meanStandardError],
])('%s', (_, diagnostic) => {
  test('is NaN where there is nothing to say', () => {
    expect(diagnostic([[1, 2, 3]])).toBeNaN();
    expect(diagnostic([[2, 2, 2, 2], [2, 2, 2, 2]])).toBeNaN();
    expect(diagnostic([[1, 2, Number.NaN, 4, 5]])).toBeNaN();
    expect(diagnostic([[1, 2, Infinity, 4, 5]])).toBeNaN();
    // Only the middle draw, which splitting leaves out, differs.
    expect(diagnostic([[2, 2, 3, 2, 2]])).toBeNaN();
  });

  test('refuses chains of different lengths, and none', () => {
    expect(() => diagnostic([[1, 2, 3, 4], [1, 2, 3]])).toThrow(/equal length, got lengths 4, 3/);
    expect(() => diagnostic([])).toThrow(/no chains/);
  });
});

test('chains that each stand still elsewhere: R̂ is infinite, the sample tiny', () => {
  const stuck = [1, 2, 3].map((x) => Array.from({ length: 50 }, () => x));
  expect(splitRHat(stuck)).toBe(Infinity);
  expect(effectiveSampleSize(stuck)).toBeLessThan(5);
});

test('a parameter of two values, whose folding does not vary, has the R̂ of its location', () => {
  const stream = RandomStream.fromSeed(1);
  const coins = [0, 1].map(() => Array.from({ length: 100 }, () => (stream.uniform() < 0.5 ? -1 : 1)));
  expect(splitRHat(coins)).toBeGreaterThan(0.95);
  expect(splitRHat(coins)).toBeLessThan(1.1);
});

test('rankNormalise gives tied draws the score of their mean rank', () => {
  const scores = rankNormalise([Float64Array.of(5, 1), Float64Array.of(1, 9)]).map((chain) => [...chain]);
  const score = (rank: number) => normalQuantile((rank - 3 / 8) / 4.25);
  expect(scores).toEqual([[score(3), score(1.5)], [score(1.5), score(4)]]);
});

test('standard errors are the spread of the estimates over repetitions', () => {
  const repetitions = Array.from({ length: 200 }, (_, seed) => ar1(2, 400, 0.5, seed));
  const spread = (estimates: number[]) => {
    const mean = estimates.reduce((sum, x) => sum + x, 0) / estimates.length;
    return Math.sqrt(estimates.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (estimates.length - 1));
  };
  const mean = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const means = repetitions.map((chains) => mean(chains.flat()));
  const sds = repetitions.map((chains) => spread(chains.flat()));
  // A standard deviation from 200 values is known to 5 %; four of those errors and the estimates' own bias.
  expect(Math.abs(mean(repetitions.map(meanStandardError)) / spread(means) - 1)).toBeLessThan(0.2);
  expect(Math.abs(mean(repetitions.map(sdStandardError)) / spread(sds) - 1)).toBeLessThan(0.2);
});

test('E-BFMI by hand, of independent and of slowly changing energies', () => {
  expect(eBfmi([1, 2, 4])).toBeCloseTo((1 + 4) / (((4 / 3) ** 2 + (1 / 3) ** 2 + (5 / 3) ** 2)), 14);
  const energies = (rho: number) => eBfmi(ar1(1, 5000, rho, 1)[0]!);
  expect(energies(0)).toBeCloseTo(2, 1);
  expect(energies(0.95)).toBeCloseTo(0.1, 1);
  expect(eBfmi([1])).toBeNaN();
});

describe('hpdi', () => {
  test('holds ⌈p N⌉ draws and is the shortest such interval (P42)', () => {
    const draws = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(draws, fc.double({ min: 0.01, max: 1, noNaN: true }), (xs, probability) => {
        const [low, high] = hpdi(xs, probability);
        const inside = (a: number, b: number) => xs.filter((x) => x >= a && x <= b).length;
        const wanted = Math.ceil(probability * xs.length);
        expect(inside(low, high)).toBeGreaterThanOrEqual(wanted);
        for (const a of xs) for (const b of xs) if (inside(a, b) >= wanted) expect(b - a).toBeGreaterThanOrEqual(high - low);
      }),
    );
  });

  test('refuses nothing and nonsense', () => {
    expect(() => hpdi([])).toThrow(/no draws/);
    expect(() => hpdi([1], 1.2)).toThrow(/probability must lie in \(0, 1\], got 1.2/);
  });
});

test('autocorrelation: all lags by default, none beyond the chain', () => {
  expect([...autocorrelation([1, 2, 3])]).toEqual([1, 0, -0.5].map((x) => expect.closeTo(x, 14)));
  expect(autocorrelation([1, 2, 3], 10)).toHaveLength(3);
  expect(autocorrelation([])).toHaveLength(0);
  expect([...autocorrelation([2, 2])]).toEqual([NaN, NaN]);
});

test('sortedQuantile at and between draws', () => {
  expect([0, 0.25, 0.5, 0.9, 1].map((p) => sortedQuantile([1, 2, 4, 8, 16], p))).toEqual([1, 2, 4, 12.8, 16]);
  expect(sortedQuantile([-Infinity, -Infinity, 3], 0.25)).toBe(-Infinity);
});
