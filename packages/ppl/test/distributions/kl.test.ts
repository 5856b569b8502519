import '../../src/backend/setup.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { ready } from '../../src/backend/ready.ts';
import * as dist from '../../src/distributions/index.ts';
import { RandomStream } from '../../src/random/stream.ts';
import * as transforms from '../../src/transforms/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { enumerate, tabulate } from './numeric.ts';

const { klDivergence } = dist;

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

function kl(p: dist.Distribution, q: dist.Distribution): number {
  return tf.tidy(() => klDivergence(p, q).dataSync()[0]!);
}

/** ∫ p (log p - log q), from the table of p. */
function integral(p: dist.Distribution, q: dist.Distribution): number {
  const { values, logProb, mass } = p.isDiscrete ? enumerate(p, 200) : tabulate(p);
  const other = tf.tidy(() => q.logProb(values).dataSync());
  return mass.reduce((sum, m, i) => (m < 1e-30 ? sum : sum + m * (logProb[i]! - other[i]!)), 0);
}

type Pair = [name: string, make: () => [p: dist.Distribution, q: dist.Distribution]];

const numbers: Pair[] = [
  ['normal', () => [dist.normal(0.3, 1.2), dist.normal(-1, 2)]],
  ['logNormal', () => [dist.logNormal(0.3, 0.7), dist.logNormal(-0.2, 1)]],
  ['laplace', () => [dist.laplace(0.3, 1.2), dist.laplace(-1, 2)]],
  ['halfNormal', () => [dist.halfNormal(0.7), dist.halfNormal(2)]],
  ['gamma', () => [dist.gamma(2.5, 1.5), dist.gamma(1.2, 0.4)]],
  ['exponential', () => [dist.exponential(2), dist.exponential(0.5)]],
  ['beta', () => [dist.beta(2.5, 1.5), dist.beta(1.2, 4)]],
  ['uniform', () => [dist.uniform(0, 1), dist.uniform(-0.5, 3)]],
  ['bernoulli', () => [dist.bernoulli({ probs: 0.3 }), dist.bernoulli({ logits: 1.5 })]],
  ['poisson', () => [dist.poisson(3), dist.poisson(5.5)]],
  ['categorical', () => [dist.categorical({ probs: [0.2, 0.5, 0.3] }), dist.categorical({ logits: [1, 0, -1] })]],
  ['transformed', () => [dist.transformed(dist.normal(0, 1), [transforms.exp]), dist.transformed(dist.normal(1, 2), [transforms.exp])]],
];

describe('closed forms of numbers', () => {
  test.each(numbers)('%s: is the integral it stands for', (_name, make) => {
    const [p, q] = make();
    const expected = integral(p, q);
    expect(expected).toBeGreaterThan(0.01);
    expect(Math.abs(kl(p, q) - expected)).toBeLessThan(1e-4 * Math.max(1, expected));
    expect(Math.abs(kl(p, p))).toBeLessThan(1e-6);
    expect(Math.abs(kl(q, q))).toBeLessThan(1e-6);
  });

  // P21
  test('normal: never negative, and unchanged when both are moved and stretched', () => {
    const real = fc.double({ min: -5, max: 5, noNaN: true });
    const scale = fc.double({ min: 0.2, max: 5, noNaN: true });
    fc.assert(
      fc.property(real, scale, real, scale, real, scale, (m, s, m2, s2, shift, stretch) => {
        const value = kl(dist.normal(m, s), dist.normal(m2, s2));
        expect(value).toBeGreaterThan(-1e-6);
        const moved = kl(dist.normal(m * stretch + shift, s * stretch), dist.normal(m2 * stretch + shift, s2 * stretch));
        expect(Math.abs(value - moved)).toBeLessThan(1e-4 * Math.max(1, value));
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  test('infinite where p has mass that q has not', () => {
    expect(kl(dist.uniform(-1, 1), dist.uniform(0, 2))).toBe(Infinity);
    expect(kl(dist.bernoulli({ probs: 0.5 }), dist.bernoulli({ probs: 0 }))).toBe(Infinity);
    expect(kl(dist.bernoulli({ probs: 0 }), dist.bernoulli({ probs: 0 }))).toBe(0);
    expect(kl(dist.categorical({ probs: [0.5, 0.5, 0] }), dist.categorical({ probs: [0, 0.5, 0.5] }))).toBe(Infinity);
    expect(kl(dist.categorical({ probs: [0.5, 0.5, 0] }), dist.categorical({ probs: [0.25, 0.25, 0.5] }))).toBeCloseTo(Math.LN2, 6);
  });
});

describe('closed forms of vectors', () => {
  const tril = [[1, 0], [0.5, 0.8]];
  const cov = [[2, -0.3], [-0.3, 1]];
  const pairs: Pair[] = [
    ['dirichlet', () => [dist.dirichlet([1, 2, 3]), dist.dirichlet([2, 2, 0.8])]],
    ['multivariateNormal', () => [dist.multivariateNormal([0, 1], { scaleTril: tril }), dist.multivariateNormal([1, 1], { covarianceMatrix: cov })]],
    ['multivariateNormal by precision', () => [dist.multivariateNormal([0, 1], { precisionMatrix: cov }), dist.multivariateNormal([1, 1], { precisionMatrix: tf.tensor2d([[1, 0.2], [0.2, 3]]) })]],
    ['independent normals and a multivariateNormal', () => [dist.normal([0, 1], [0.5, 2]).toEvent(1), dist.multivariateNormal([1, 1], { scaleTril: tril })]],
    ['a multivariateNormal and independent normals', () => [dist.multivariateNormal([1, 1], { covarianceMatrix: cov }), dist.normal([0, 1], [1, 2]).toEvent(1)]],
    ['independent gammas', () => [dist.gamma([2, 3], [1, 1]).toEvent(1), dist.gamma([3, 3], [1, 2]).toEvent(1)]],
    ['stick-breaking', () => [dist.transformed(dist.normal([0, 1], 1), [transforms.stickBreaking]), dist.transformed(dist.normal([0.5, 0], 2), [transforms.stickBreaking])]],
  ];

  test.each(pairs)('%s: is the expectation it stands for, within its Monte Carlo error', (_name, make) => {
    tf.tidy(() => {
      const [p, q] = make();
      const x = p.sample([5000], RandomStream.fromSeed(1));
      const { mean, variance } = tf.moments(tf.sub(p.logProb(x), q.logProb(x)));
      const standardError = Math.sqrt(variance.dataSync()[0]! / 5000);
      expect(mean.dataSync()[0]).toBeGreaterThan(0.05);
      expect(Math.abs(kl(p, q) - mean.dataSync()[0]!)).toBeLessThan(4.5 * standardError);
      expect(Math.abs(kl(p, p))).toBeLessThan(1e-5);
    });
  });

  test('a diagonal multivariate normal is a vector of normals', () => {
    const diagonal = [[0.5, 0], [0, 2]];
    const normals = dist.normal([0, 1], [0.5, 2]).toEvent(1);
    const other = dist.multivariateNormal([1, 1], { covarianceMatrix: cov });
    const same = dist.multivariateNormal([0, 1], { scaleTril: diagonal });
    expect(kl(normals, other)).toBeCloseTo(kl(same, other), 5);
    expect(kl(other, normals)).toBeCloseTo(kl(other, same), 5);
  });
});

describe('wrappers', () => {
  test('the result has the joint batch shape, also of lazily expanded distributions', () => {
    tf.tidy(() => {
      expect(klDivergence(dist.normal(0, 1).expand([3]), dist.normal(0, 1)).shape).toEqual([3]);
      expect(klDivergence(dist.normal([[0], [1]], 1), dist.normal([0, 1, 2], 1)).shape).toEqual([2, 3]);
      const wide = klDivergence(dist.normal(0, 1).expand([3]).toEvent(1), dist.normal([[1, 2, 3], [0, 0, 0]], 1).toEvent(1));
      expect([...wide.dataSync()]).toEqual([7, 0]);
      const expanded = dist.normal([0, 1], 1).toEvent(1).expand([2]);
      expect([...klDivergence(expanded, dist.normal([0, 0], 1).toEvent(1)).dataSync()]).toEqual([0.5, 0.5]);
    });
  });

  test('independent: differently deep wrapping of the same event', () => {
    const once = dist.normal([[0, 1], [2, 3]], 1).toEvent(2);
    const twice = dist.multivariateNormal([[0, 0], [0, 0]], { scaleTril: [[1, 0], [0, 1]] }).toEvent(1);
    expect(kl(once, twice)).toBeCloseTo(7, 5);
    expect(kl(once, dist.normal([[0, 0], [0, 0]], 1).toEvent(2))).toBeCloseTo(7, 5);
    expect(kl(twice, once)).toBeCloseTo(7, 5);
  });

  test('delta: minus the log-density at its value, and infinite outside of the support', () => {
    expect(kl(dist.delta(0.5), dist.normal(0, 1))).toBeCloseTo(0.125 + 0.5 * Math.log(2 * Math.PI), 6);
    expect(kl(dist.delta(0.5, -3), dist.normal(0, 1))).toBeCloseTo(-3 + 0.125 + 0.5 * Math.log(2 * Math.PI), 6);
    expect(kl(dist.delta([1, 0]).toEvent(1), dist.multivariateNormal([0, 0], { scaleTril: [[1, 0], [0, 1]] }))).toBeCloseTo(0.5 + Math.log(2 * Math.PI), 6);
    expect(kl(dist.delta([1, 0]).toEvent(1), dist.normal([0, 0], 1).toEvent(1))).toBeCloseTo(0.5 + Math.log(2 * Math.PI), 6);
    expect(kl(dist.delta(-1), dist.exponential(1))).toBe(Infinity);
  });

  test('masked: zero where both are masked alike', () => {
    const mask = [true, false];
    const masked = klDivergence(dist.normal([1, 2], 1).mask(mask), dist.normal(0, 1).expand([2]).mask(mask));
    expect([...masked.dataSync()]).toEqual([0.5, 0]);
    expect(() => klDivergence(dist.normal([1, 2], 1).mask(mask), dist.normal([0, 0], 1))).toThrow(dist.NoClosedFormKl);
    masked.dispose();
  });

  test('transformed: only through equal transforms', () => {
    const scale = tf.scalar(2);
    const p = dist.transformed(dist.normal(0, 1), [transforms.affine(1, scale), transforms.exp]);
    expect(kl(p, dist.transformed(dist.normal(1, 1), [transforms.affine(1, scale), transforms.exp]))).toBeCloseTo(0.5, 6);
    for (const other of [[transforms.affine(2, scale), transforms.exp], [transforms.affine(1, scale), transforms.softplus], [transforms.exp]]) {
      expect(() => klDivergence(p, dist.transformed(dist.normal(1, 1), other))).toThrow(dist.NoClosedFormKl);
    }
    scale.dispose();
    // The exponential of a normal variable, by whichever name.
    const exponential = dist.transformed(dist.normal(0.3, 0.7), [transforms.exp]);
    expect(kl(exponential, dist.logNormal(-1, 2))).toBeCloseTo(kl(dist.normal(0.3, 0.7), dist.normal(-1, 2)), 6);
    expect(() => klDivergence(p, dist.logNormal(0, 1))).toThrow(dist.NoClosedFormKl);
  });

  test('without a rule: an error that names both and the way out, and no tensors left', () => {
    const p = dist.normal(0, 1);
    const q = dist.studentT(3, 0, 1);
    expectNoLeak(() => {
      expect(() => klDivergence(p, q)).toThrow(dist.NoClosedFormKl);
      expect(() => klDivergence(p, q)).toThrow(/KL\(normal ‖ studentT\).*dist\.registerKl/);
      expect(() => klDivergence(p.expand([2]).toEvent(1), p)).toThrow(/event shapes differ/);
      klDivergence(dist.gamma([1, 2], 3).toEvent(1), dist.gamma(2, [1, 1]).toEvent(1)).dispose();
    });
  });

  test('rules reach subclasses, and the nearest goes first', () => {
    class Special extends dist.Normal {}
    const special = new Special(1, 1);
    expect(kl(special, dist.normal(0, 1))).toBeCloseTo(0.5, 6);
    dist.registerKl(Special, dist.Normal, () => 42);
    expect(kl(special, dist.normal(0, 1))).toBe(42);
    dist.registerKl(Special, Special, () => null);
    expect(kl(special, special)).toBe(42);
    expect(kl(dist.normal(0, 1), special)).toBeCloseTo(0.5, 6);
  });

  test('gradients flow to the parameters of both', () => {
    tf.tidy(() => {
      const f = (loc: Tensor, scale: Tensor): Tensor => klDivergence(dist.normal(loc, scale), dist.normal(0, 1));
      const [dLoc, dScale] = tf.grads(f)([tf.scalar(0.7), tf.scalar(2)]);
      expect(dLoc!.dataSync()[0]).toBeCloseTo(0.7, 6);
      expect(dScale!.dataSync()[0]).toBeCloseTo(2 - 0.5, 6);
    });
  });
});
