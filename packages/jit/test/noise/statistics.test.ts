/** @file Noise as random numbers: distributions, tails, and that nothing depends on anything. */
import { erf } from '../../src/graph/erf.ts';
import { fillNoise } from '../../src/noise/fill.ts';
import type { NoiseKind } from '../../src/noise/kind.ts';

/** Standard errors that a test may be off: by chance one time in 150,000. */
const MOST = 4.5;

function noise(kind: NoiseKind, k0: number, k1: number, count: number): Float32Array {
  const out = new Float32Array(count);
  fillNoise(kind, k0, k1, out);
  return out;
}

const MEANS: Readonly<Record<NoiseKind, readonly { power: number; mean: number; variance: number }[]>> = {
  normal: [
    { power: 1, mean: 0, variance: 1 },
    { power: 2, mean: 1, variance: 2 },
    { power: 3, mean: 0, variance: 15 },
    { power: 4, mean: 3, variance: 96 },
  ],
  uniform: [
    { power: 1, mean: 1 / 2, variance: 1 / 12 },
    { power: 2, mean: 1 / 3, variance: 4 / 45 },
  ],
  exponential: [
    { power: 1, mean: 1, variance: 1 },
    { power: 2, mean: 2, variance: 20 },
  ],
};

const CDF: Readonly<Record<NoiseKind, (x: number) => number>> = {
  normal: (x) => (1 + erf(x / Math.SQRT2)) / 2,
  uniform: (x) => x,
  exponential: (x) => -Math.expm1(-x),
};

describe.each(['normal', 'uniform', 'exponential'] as const)('%s draws', (kind) => {
  const count = 2 ** 17;
  const draws = noise(kind, 11, 12, count);

  test('have the moments of the distribution', () => {
    for (const { power, mean, variance } of MEANS[kind]) {
      const sum = draws.reduce((total, x) => total + x ** power, 0);
      expect(Math.abs(sum / count - mean)).toBeLessThan(MOST * Math.sqrt(variance / count));
    }
  });

  test('have its distribution function', () => {
    const sorted = draws.slice(0, 2 ** 15).sort();
    let distance = 0;
    sorted.forEach((x, i) => {
      const p = CDF[kind](x);
      distance = Math.max(distance, p - i / sorted.length, (i + 1) / sorted.length - p);
    });
    // Kolmogorov's limit: P(sqrt(n) D > 2.3) = 2 exp(-2 · 2.3²) = 5e-5.
    expect(distance * Math.sqrt(sorted.length)).toBeLessThan(2.3);
  });

  test('do not depend on their neighbours, nor do arrays of neighbouring keys', () => {
    const others = [noise(kind, 12, 12, count), noise(kind, 11, 13, count)];
    const lags = [1, 2, 3, 4, 5, 7, 8, 16, 32];
    for (const f of [(x: number) => x, (x: number) => x * x]) {
      const own = standardised(draws, f);
      const correlations = [
        ...lags.map((lag) => correlation(own, own.subarray(lag))),
        ...others.map((other) => correlation(own, standardised(other, f))),
        // The last of one array with the first of another.
        correlation(own, standardised(noise(kind, 11, 12 + 2 ** 16, count), f).reverse()),
      ];
      // Of independent draws a correlation has standard error n^-1/2.
      for (const r of correlations) expect(Math.abs(r) * Math.sqrt(count)).toBeLessThan(MOST);
    }
  });
});

/** P(|X| > x) for a standard normal X. */
const BEYOND = [
  { x: 3, probability: 2.699796063260189e-3 },
  { x: 4, probability: 6.334248366623985e-5 },
  { x: 5, probability: 5.733031437583878e-7 },
];

test('normal draws beyond 3, 4 and 5 are as many as they should be', () => {
  const count = 2 ** 22;
  const tail = noise('normal', 1, 2, count).filter((z) => z > 3 || z < -3);
  for (const { x, probability } of BEYOND) {
    const beyond = tail.filter((z) => Math.abs(z) > x).length;
    // Counts are Poisson: 11324, 266 and 2.4 are expected.
    expect(Math.abs(beyond - count * probability)).toBeLessThan(MOST * Math.sqrt(count * probability));
  }
});

/** f of the draws, minus its mean, divided by its standard deviation. */
function standardised(draws: Float32Array, f: (x: number) => number): Float64Array {
  const values = Float64Array.from(draws, f);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  return values.map((x) => (x - mean) / deviation);
}

function correlation(x: Float64Array, y: Float64Array): number {
  return y.reduce((sum, own, i) => sum + own * x[i]!, 0) / y.length;
}
