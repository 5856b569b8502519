/** @file Initialisation strategies: each value lies in its support, has its shape, and is what its name says. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, ready } from '@tychejs/ppl';
import { initToConstant, initToFeasible, initToGenerated, initToMean, initToMedian, initToSample, initToUniform, initToValue } from '../../../src/infer/initialisation/index.ts';
import type { SiteInit } from '../../../src/infer/initialisation/index.ts';
import { InitHandler } from '../../../src/infer/initialisation/initHandler.ts';
import { mediansOfColumns } from '../../../src/infer/initialisation/median.ts';
import { sample } from '../../../src/primitives.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { expectNoLeak } from '../../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));

type Distribution = dist.Distribution;

function init(strategy: SiteInit, distribution: Distribution, seed = 1): number[] {
  const value: Tensor = strategy({ name: 'z', distribution }, RandomStream.fromSeed(seed));
  const numbers = [...value.dataSync()];
  value.dispose();
  return numbers;
}

const strategies: [string, SiteInit][] = [
  ['initToFeasible', initToFeasible()],
  ['initToSample', initToSample()],
  ['initToMean', initToMean()],
  ['initToMedian', initToMedian()],
  ['initToUniform', initToUniform()],
];

const sites: [string, () => Distribution][] = [
  ['normal', () => dist.normal([[0, 1]], 2)],
  ['gamma', () => dist.gamma([1, 2, 3], 1).toEvent(1)],
  ['beta', () => dist.beta(0.5, 0.5)],
  ['uniform', () => dist.uniform(-3, -1)],
  ['dirichlet', () => dist.dirichlet([0.3, 2, 1])],
  ['cauchy', () => dist.cauchy(0, 1)],
  ['improper', () => dist.improperUniform(constraints.positive, [2])],
];

describe.each(strategies)('%s', (_, strategy) => {
  test.each(sites)('%s', (_name, make) => {
    const distribution = make();
    const value = expectNoLeak(() => strategy({ name: 'z', distribution }, RandomStream.fromSeed(3)), 1);
    expect(value.shape).toEqual([...distribution.batchShape, ...distribution.eventShape]);
    expect(value.dataSync().every(Number.isFinite)).toBe(true);
    tf.tidy(() => expect(distribution.support.check(value).dataSync().every(Boolean)).toBe(true));
    value.dispose();
  });
});

test('a strategy is generated for every run', () => {
  let runs = 0;
  const strategy = initToGenerated(() => initToValue({ a: ++runs, b: 10 * runs }));
  const run = (names: string[]): number[] =>
    names.map((name) => {
      const value = strategy({ name, distribution: dist.normal(0, 1) }, RandomStream.fromSeed(1));
      const [number] = value.dataSync();
      value.dispose();
      return number!;
    });
  expect(run(['a', 'b'])).toEqual([1, 10]);
  expect(run(['a', 'b'])).toEqual([2, 20]);
  // Not every run need meet all sites.
  expect(run(['a'])).toEqual([3]);
  expect(run(['a', 'b'])).toEqual([4, 40]);
});

test('feasible values do not move, draws follow their stream', () => {
  const distribution = dist.gamma([1, 1], 1);
  expect(init(initToFeasible(), distribution)).toEqual([1, 1]);
  for (const strategy of [initToSample(), initToMedian(), initToUniform()]) {
    expect(init(strategy, distribution, 1)).toEqual(init(strategy, distribution, 1));
    expect(init(strategy, distribution, 1)).not.toEqual(init(strategy, distribution, 2));
  }
});

test('means, and what stands in for them', () => {
  expect(init(initToMean(), dist.gamma(6, 2))).toEqual([3]);
  expect(init(initToMean(), dist.cauchy(1e6, 1))[0]).toBeCloseTo(1e6, -2);
});

test('medians of many draws are near the median', () => {
  // Of an exponential: log 2 / rate. The standard error of a median is 1 / (2 density √n), here 1 / √n.
  expect(Math.abs(init(initToMedian(2001), dist.exponential(1))[0]! - Math.LN2)).toBeLessThan(4.5 / Math.sqrt(2001));
  expect(mediansOfColumns(Float32Array.of(1, 40, 3, 10, 2, 20), 3)).toEqual(Float32Array.of(2, 20));
  expect(mediansOfColumns(Float32Array.of(1, 2, 4, 10), 4)).toEqual(Float32Array.of(3));
});

test.each<[string, () => Distribution, number]>([
  ['that float32 rounds to zero', () => dist.gamma([1e-3, 1e-3], 1e-3), 1],
  ['that float32 rounds to infinity', () => dist.inverseGamma([1e-3, 1e-3], 1e-3), 1],
  ['at both edges', () => dist.beta([1e-3, 1e-3], [1e-3, 1e3]), 0.5],
  ['in a corner', () => dist.dirichlet([1e-4, 1e-4]), 0.5],
])('medians %s are put in the middle of unconstrained space', (_, make, middle) => {
  for (let seed = 0; seed < 5; seed++) expect(init(initToMedian(), make(), seed)).toEqual([middle, middle]);
});

test('medians that are merely large stay', () => {
  expect(init(initToMedian(), dist.normal([1e9, -1e30], 1))).toEqual([1e9, Math.fround(-1e30)]);
  expect(init(initToMedian(), dist.logNormal(25, 0.01))[0]! / Math.exp(25)).toBeCloseTo(1, 1);
  expect(init(initToMedian(), dist.gamma(0.05, 0.05))[0]).toBeLessThan(1e-2);
  const low = init(initToMedian(), dist.beta(2, 2e5))[0]!;
  expect(low).toBeGreaterThan(1e-7);
  expect(low).toBeLessThan(1e-4);
});

test('uniform within the radius, in unconstrained space', () => {
  const values = init(initToUniform(0.5), dist.gamma(tf.ones([500]), 1)).map(Math.log);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.5001);
  expect(Math.max(...values)).toBeLessThanOrEqual(0.5001);
  expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.95);
});

test('given values, repeated where they are smaller', () => {
  const strategy = initToValue({ z: 3 });
  expect(init(strategy, dist.normal([0, 0], 1))).toEqual([3, 3]);
  expect(init(initToValue({ y: 3 }), dist.gamma(1, 1))).toEqual([1]);
  expect(init(initToValue({}, initToConstant(7)), dist.normal(0, 1))).toEqual([7]);
  expect(() => init(initToValue({ z: [1, 2] }), dist.normal([0, 0, 0], 1))).toThrow(/site "z": its initial value has shape \[2\], but its shape is \[3\]/);
});

test.each<[string, () => unknown, RegExp]>([
  ['no draws', () => initToMedian(0), /initToMedian: numSamples must be an integer of at least 1, got 0/],
  ['no radius', () => initToUniform(0), /initToUniform: radius must be positive and finite, got 0/],
])('%s', (_, make, message) => {
  expect(make).toThrow(message);
});

test('the handler gives latent sites their values, and leaves observed ones alone', () => {
  const handler = new InitHandler(initToConstant(2));
  tf.tidy(() => {
    handler.run(() => {
      expect(sample('z', dist.normal([0, 0], 1)).dataSync()).toEqual(Float32Array.of(2, 2));
      expect(sample('x', dist.normal(0, 1), { obs: 5 }).dataSync()[0]).toBe(5);
      expect(() => sample('p', dist.beta(1, 1))).toThrow(/site "p": its initial value must be unitInterval, got 2/);
    });
  });
});
