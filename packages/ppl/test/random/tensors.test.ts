import * as tf from '@tensorflow/tfjs-core';
import { ready } from '../../src/backend/ready.ts';
import { betainc } from '../../src/ops/scalar/betainc.ts';
import { digamma, polygamma } from '../../src/ops/scalar/digamma.ts';
import { igamma, igammac } from '../../src/ops/scalar/gammainc.ts';
import { lgamma } from '../../src/ops/scalar/lgamma.ts';
import { ndtr } from '../../src/ops/scalar/normal.ts';
import { drawBinomial } from '../../src/random/binomial.ts';
import { drawGamma } from '../../src/random/gamma.ts';
import { drawPoisson } from '../../src/random/poisson.ts';
import { RandomStream } from '../../src/random/stream.ts';
import * as random from '../../src/random/tensors.ts';
import { expectNoLeak } from '../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));

/** The values of a tensor that is then disposed; nothing else may be left. */
function draw(make: () => tf.Tensor): tf.TypedArray {
  let values: tf.TypedArray | null = null;
  // Not returned through tidy, which would look for tensors among the numbers.
  expectNoLeak(() =>
    tf.tidy(() => {
      values = make().dataSync();
    }),
  );
  return values!;
}

const stream = (seed: number) => RandomStream.fromSeed(seed);

/**
 * The Kolmogorov-Smirnov statistic times the root of n. By Massart's inequality it exceeds c with probability at most
 * 2 exp(-2 c^2): for c = 2.5 that is 7e-6.
 */
function kolmogorov(values: ArrayLike<number>, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(values).sort();
  let worst = 0;
  sorted.forEach((x, i) => {
    const p = cdf(x);
    worst = Math.max(worst, p - i / sorted.length, (i + 1) / sorted.length - p);
  });
  return worst * Math.sqrt(sorted.length);
}
const KS_LIMIT = 2.5;

/** The 1 - 1e-5 quantile of chi-squared, by Wilson and Hilferty's approximation (within 1 per cent). */
const chiSquaredLimit = (df: number) => df * (1 - 2 / (9 * df) + 4.265 * Math.sqrt(2 / (9 * df))) ** 3;

/** Chi-squared of whole-number draws over about twenty bins of equal probability, against its limit: below 1 passes. */
function chiSquared(values: ArrayLike<number>, cdf: (k: number) => number, start: number): number {
  const edges: number[] = [];
  let k = start;
  for (let j = 1; j < 20; j++) {
    while (cdf(k) < j / 20) k++;
    if (edges.at(-1) !== k) edges.push(k);
  }
  const counts = edges.map(() => 0).concat(0);
  for (const value of Array.from(values)) {
    let bin = 0;
    while (bin < edges.length && value > edges[bin]!) bin++;
    counts[bin]! += 1;
  }
  let total = 0;
  let bins = 0;
  counts.forEach((count, i) => {
    const upper = i < edges.length ? cdf(edges[i]!) : 1;
    const expected = values.length * (upper - (i > 0 ? cdf(edges[i - 1]!) : 0));
    if (expected < 1) return;
    total += (count - expected) ** 2 / expected;
    bins++;
  });
  return total / chiSquaredLimit(bins - 1);
}

/** How many standard errors the mean of the values is off. */
function meanError(values: ArrayLike<number>, mean: number, variance: number): number {
  const sum = Array.from(values).reduce((total, x) => total + (x - mean), 0);
  return Math.abs(sum / values.length) / Math.sqrt(variance / values.length);
}

describe('all samplers', () => {
  const alpha = () => tf.fill([2, 3], 0.7);
  const samplers: [string, (s: RandomStream) => tf.Tensor][] = [
    ['normal', (s) => random.normalTensor(s, [2, 3])],
    ['uniform', (s) => random.uniformTensor(s, [2, 3])],
    ['exponential', (s) => random.exponentialTensor(s, [2, 3])],
    ['gamma', (s) => random.gammaTensor(s, alpha())],
    ['logGamma', (s) => random.logGammaTensor(s, alpha())],
    ['poisson', (s) => random.poissonTensor(s, tf.fill([2, 3], 20))],
    ['binomial', (s) => random.binomialTensor(s, tf.fill([2, 3], 100), alpha())],
    ['bernoulli', (s) => random.bernoulliTensor(s, alpha())],
    ['categorical', (s) => random.categoricalTensor(s, { probs: tf.fill([2, 3, 50], 1) })],
  ];

  test.each(samplers)('%s: shape, type, no leak, and a function of the seed', async (name, sampler) => {
    const [a, b, c] = [3, 3, 4].map((seed) => draw(() => sampler(stream(seed))));
    expect(a).toEqual(b);
    if (name !== 'bernoulli') expect(a).not.toEqual(c);
    tf.tidy(() => {
      expect(sampler(stream(1)).shape).toEqual([2, 3]);
      expect(sampler(stream(1)).dtype).toBe(name === 'categorical' ? 'int32' : 'float32');
    });
    await ready({ backend: 'wasm' });
    expect(draw(() => sampler(stream(3)))).toEqual(a);
    await ready({ backend: 'cpu' });
  });

  test('scalars and empty tensors', () => {
    tf.tidy(() => {
      expect(random.normalTensor(stream(1), []).shape).toEqual([]);
      expect(random.normalTensor(stream(1), [0, 3]).shape).toEqual([0, 3]);
      expect(random.gammaTensor(stream(1), tf.zeros([0])).shape).toEqual([0]);
    });
  });
});

test('normal: distribution, tails and independence of neighbours', () => {
  const n = 200_001; // odd: the last of a pair is dropped
  const z = draw(() => random.normalTensor(stream(11), [n]));
  expect(kolmogorov(z, ndtr)).toBeLessThan(KS_LIMIT);
  expect(meanError(z, 0, 1)).toBeLessThan(4.5);
  expect(meanError(z.map((x) => x * x), 1, 2)).toBeLessThan(4.5);
  expect(meanError(z.map((x) => x ** 3), 0, 15)).toBeLessThan(4.5);
  // The two of a Box-Muller pair, and one pair with the next, in value and in size.
  for (const lag of [1, 4]) {
    expect(meanError(z.slice(lag).map((x, i) => x * z[i]!), 0, 1)).toBeLessThan(4.5);
    expect(meanError(z.slice(lag).map((x, i) => (x * x - 1) * (z[i]! ** 2 - 1)), 0, 4)).toBeLessThan(4.5);
  }
  const tail = 2 * ndtr(-3.5);
  const beyond = z.filter((x) => Math.abs(x) > 3.5).length;
  expect(Math.abs(beyond - n * tail)).toBeLessThan(4.5 * Math.sqrt(n * tail));
});

test('uniform', () => {
  const n = 200_000;
  expect(kolmogorov(draw(() => random.uniformTensor(stream(12), [n])), (x) => x)).toBeLessThan(KS_LIMIT);
});

test('exponential', () => {
  const n = 200_000;
  const x = draw(() => random.exponentialTensor(stream(13), [n]));
  expect(kolmogorov(x, (v) => -Math.expm1(-v))).toBeLessThan(KS_LIMIT);
  const beyond = x.filter((v) => v > 8).length;
  expect(Math.abs(beyond - n * Math.exp(-8))).toBeLessThan(4.5 * Math.sqrt(n * Math.exp(-8)));
});

describe('gamma', () => {
  test.each([0.3, 0.9, 1, 2.5, 40, 1e4])('distribution for alpha = %p', (alpha) => {
    const n = 20_000;
    const x = draw(() => random.gammaTensor(stream(14), tf.fill([n], alpha)));
    expect(kolmogorov(x, (v) => igamma(alpha, v))).toBeLessThan(KS_LIMIT);
  });

  test.each([0.01, 0.3, 2.5])('distribution of the logarithm for alpha = %p, even where the draw underflows', (alpha) => {
    const n = 20_000;
    const x = draw(() => random.logGammaTensor(stream(15), tf.fill([n], alpha)));
    const cdf = (log: number) => (log < -200 ? Math.exp(alpha * log - lgamma(alpha + 1)) : igamma(alpha, Math.exp(log)));
    expect(kolmogorov(x, cdf)).toBeLessThan(KS_LIMIT);
    if (alpha === 0.01) expect(Math.min(...x)).toBeLessThan(-200);
  });

  test('mean, and mean of the logarithm, of many draws', () => {
    const s = stream(27);
    for (const alpha of [0.3, 1.5]) {
      const x = Float64Array.from({ length: 300_000 }, () => drawGamma(s, alpha));
      expect(meanError(x, alpha, alpha)).toBeLessThan(4.5);
      expect(meanError(x.map(Math.log), digamma(alpha), polygamma(1, alpha))).toBeLessThan(4.5);
    }
  });

  test('never 0, and NaN where alpha is not positive', () => {
    const x = draw(() => random.gammaTensor(stream(16), tf.fill([2000], 0.01)));
    expect(Math.min(...x)).toBe(2 ** -126);
    expect([...draw(() => random.gammaTensor(stream(16), tf.tensor([0, -1, Number.NaN])))]).toEqual([NaN, NaN, NaN]);
  });
});

describe('poisson', () => {
  test.each([0.1, 1, 9.9, 10, 25, 400, 1e5])('distribution for rate = %p', (rate) => {
    const x = draw(() => random.poissonTensor(stream(17), tf.fill([20_000], rate)));
    const start = Math.max(0, Math.floor(rate - 6 * Math.sqrt(rate) - 1));
    expect(chiSquared(x, (k) => igammac(k + 1, rate), start)).toBeLessThan(1);
  });

  test('distribution of many draws, just above the change of algorithm', () => {
    const s = stream(28);
    const x = Float64Array.from({ length: 300_000 }, () => drawPoisson(s, 12));
    expect(chiSquared(x, (k) => igammac(k + 1, 12), 0)).toBeLessThan(1);
  });

  test('mean and variance for a huge rate, in float64', () => {
    const [rate, s] = [1e13, stream(18)];
    const z = Array.from({ length: 5000 }, () => (drawPoisson(s, rate) - rate) / Math.sqrt(rate));
    expect(meanError(z, 0, 1)).toBeLessThan(4.5);
    expect(meanError(z.map((v) => v * v), 1, 2)).toBeLessThan(4.5);
  });

  test('the ends: 0, infinity, NaN', () => {
    const x = draw(() => random.poissonTensor(stream(1), tf.tensor([0, -1, Infinity, Number.NaN, 1e-30])));
    expect([...x]).toEqual([0, Number.NaN, Number.NaN, Number.NaN, 0]);
  });
});

describe('binomial', () => {
  test.each([
    [1, 0.3],
    [5, 0.5],
    [20, 0.45],
    [25, 0.4],
    [100, 0.95],
    [1000, 0.02],
    [100_000, 0.3],
    [10_000_000, 1e-6],
  ])('distribution for n = %p, p = %p', (n, p32) => {
    const p = Math.fround(p32);
    const x = draw(() => random.binomialTensor(stream(19), tf.fill([20_000], n), tf.fill([20_000], p)));
    const cdf = (k: number) => (k < 0 ? 0 : k >= n ? 1 : 1 - betainc(k + 1, n - k, p));
    const start = Math.max(0, Math.floor(n * p - 6 * Math.sqrt(n * p * (1 - p)) - 1));
    expect(chiSquared(x, cdf, start)).toBeLessThan(1);
    expect(x.every((k) => Number.isInteger(k) && k >= 0 && k <= n)).toBe(true);
  });

  test('distribution of many draws, just above the change of algorithm', () => {
    const s = stream(29);
    const x = Float64Array.from({ length: 300_000 }, () => drawBinomial(s, 30, 0.4));
    expect(chiSquared(x, (k) => (k >= 30 ? 1 : 1 - betainc(k + 1, 30 - k, 0.4)), 0)).toBeLessThan(1);
  });

  test('mean and variance for a huge count, in float64', () => {
    const [n, p, s] = [1e12, 0.3, stream(20)];
    const z = Array.from({ length: 5000 }, () => (drawBinomial(s, n, p) - n * p) / Math.sqrt(n * p * (1 - p)));
    expect(meanError(z, 0, 1)).toBeLessThan(4.5);
    expect(meanError(z.map((v) => v * v), 1, 2)).toBeLessThan(4.5);
  });

  test('the ends, and shapes that differ', () => {
    const x = draw(() =>
      random.binomialTensor(stream(1), tf.tensor([10, 10, 0, 10, 2.5, -1]), tf.tensor([0, 1, 0.5, 1.5, 0.5, 0.5])),
    );
    expect([...x]).toEqual([0, 10, 0, Number.NaN, Number.NaN, Number.NaN]);
    expect(() => tf.tidy(() => random.binomialTensor(stream(1), tf.zeros([2]), tf.zeros([2, 1])))).toThrow(
      /totalCount \[2\] and probs \[2, 1\] must have one shape/,
    );
  });
});

test('bernoulli: frequencies, 0 and 1 exactly', () => {
  const n = 100_000;
  const x = draw(() => random.bernoulliTensor(stream(21), tf.fill([n], 0.3)));
  expect(meanError(x, Math.fround(0.3), 0.21)).toBeLessThan(4.5);
  expect(draw(() => random.bernoulliTensor(stream(21), tf.zeros([1000]))).some((v) => v !== 0)).toBe(false);
  expect(draw(() => random.bernoulliTensor(stream(21), tf.ones([1000]))).every((v) => v === 1)).toBe(true);
});

describe('categorical', () => {
  const probs = [0.1, 0.2, 0, 0.7];

  test.each([
    ['probs', () => ({ probs: tf.tensor(probs) })],
    ['unnormalised probs', () => ({ probs: tf.tensor(probs.map((p) => 50 * p)) })],
    ['logits', () => ({ logits: tf.tensor(probs.map((p) => Math.log(p) + 800)) })],
  ])('frequencies from %s', (_, weights) => {
    const n = 50_000;
    const x = draw(() => random.categoricalTensor(stream(22), weights(), [n]));
    const counts = probs.map((_p, k) => x.filter((v) => v === k).length);
    expect(counts[2]).toBe(0);
    const total = [0, 1, 3].reduce((sum, k) => sum + (counts[k]! - n * probs[k]!) ** 2 / (n * probs[k]!), 0);
    expect(total).toBeLessThan(chiSquaredLimit(2));
  });

  test('batches and sample shapes', () => {
    tf.tidy(() => {
      const rows = tf.tensor([[0, 1, 0], [0, 0, 1]]);
      expect(random.categoricalTensor(stream(1), { probs: rows }).arraySync()).toEqual([1, 2]);
      const many = random.categoricalTensor(stream(1), { probs: rows }, [4, 5]);
      expect(many.shape).toEqual([4, 5, 2]);
      expect([...new Set(Array.from(many.dataSync()))]).toEqual([1, 2]);
    });
  });

  test('weights that are none', () => {
    const from = (values: number[], key: 'probs' | 'logits') => () =>
      tf.tidy(() => random.categoricalTensor(stream(1), { [key]: tf.tensor(values) } as { probs: tf.Tensor }));
    expect(from([0.5, -0.1], 'probs')).toThrow(/weight -0.1.* in row 0/);
    expect(from([0, 0], 'probs')).toThrow(/row 0 sum to 0/);
    expect(from([Number.NaN, 0], 'logits')).toThrow(/logit NaN/);
    expect(from([-Infinity, -Infinity], 'logits')).toThrow(/logit -Infinity/);
  });
});
