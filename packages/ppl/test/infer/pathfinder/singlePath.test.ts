import { evaluateAt, type LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import { estimateElbo } from '../../../src/infer/pathfinder/elbo.ts';
import { PathError, singlePath, type PathStep, type SinglePath } from '../../../src/infer/pathfinder/singlePath.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { fillNormal } from '../../../src/random/ziggurat.ts';
import { density, funnel, gaussian } from '../mcmc/densities.ts';
import { expectClose, inverse, logDeterminant, positiveDefinite } from './dense.ts';

function follow(target: LogDensity, start: readonly number[], seed = 1, historySize = 10): SinglePath & { steps: PathStep[] } {
  const options = { historySize, maxIterations: 200, numElboDraws: 20 };
  const steps: PathStep[] = [];
  const path = singlePath(target, evaluateAt(target, start), RandomStream.fromSeed(seed), options);
  for (;;) {
    const next = path.next();
    if (next.done === true) return { ...next.value, steps };
    steps.push(next.value);
  }
}

test('finds a normal density, and its normaliser', () => {
  const n = 5;
  const precision = positiveDefinite(n, RandomStream.fromSeed(8));
  const target = gaussian(precision);
  const { approximation, bestElbo, elboByIterate, stopReason } = follow(target, [2, -1, 0.5, -2, 1]);
  const logEvidence = 0.5 * (n * Math.log(2 * Math.PI) - logDeterminant(precision));
  expect(stopReason).toBe('converged');
  // With as many exact pairs as dimensions, and more, what is left of KL(q | p) is small; with the same draws the ELBO would
  // have no noise if q were p.
  expect(bestElbo).toBeGreaterThan(logEvidence - 0.01);
  expect(bestElbo).toBe(Math.max(...elboByIterate));
  const covariance = inverse(precision);
  for (let i = 0; i < n; i++) {
    const unit = Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0));
    expectClose(approximation.factor.multiply(unit), covariance[i]!, 0.2);
  }
  approximation.mean.forEach((x) => expect(Math.abs(x)).toBeLessThan(0.02));
});

test('in one dimension, exactly', () => {
  const target = density(1, ([x]) => -0.5 * ((x! - 3) / 0.1) ** 2, ([x]) => [-(x! - 3) / 0.01]);
  const { approximation, bestElbo } = follow(target, [-1]);
  expect(approximation.mean[0]).toBeCloseTo(3, 9);
  expect(approximation.factor.multiply(Float64Array.of(1))[0]).toBeCloseTo(0.01, 12);
  expect(bestElbo).toBeCloseTo(Math.log(0.1 * Math.sqrt(2 * Math.PI)), 9);
});

test('steps tell of iterates and of the best so far', () => {
  const { steps, elboByIterate, bestIteration, bestElbo } = follow(funnel(4), [1, 1, -1, 0.5]);
  expect(steps.map(({ iteration }) => iteration)).toEqual(steps.map((_, i) => i));
  expect(steps.map(({ elbo }) => elbo)).toEqual([...elboByIterate]);
  steps.forEach((step, i) => expect(step.bestElbo).toBe(Math.max(...elboByIterate.slice(Math.min(i, 1), i + 1))));
  expect(elboByIterate[bestIteration]).toBe(bestElbo);
});

test('where the density has no maximum, the best is on the way', () => {
  // The narrower the funnel the higher it is: the way leads down the neck, but volume is in the mouth.
  const target = funnel(10);
  const { bestIteration, elboByIterate, approximation } = follow(target, [0.5, 1, -1, 1, 2, -1, 1, -2, 1, 0.5]);
  expect(bestIteration).toBeLessThan(elboByIterate.length - 1);
  // At the end of the way, anew: a fit to the neck is a bad one.
  const stream = RandomStream.fromSeed(2);
  const noise = Array.from({ length: 500 }, () => {
    const z = new Float64Array(10);
    fillNormal(stream, z);
    return z;
  });
  expect(elboByIterate.at(-1)).toBeLessThan(estimateElbo(target, approximation, noise));
});

test('the initial point is no candidate, however good it looks', () => {
  const { bestIteration, elboByIterate } = follow(funnel(4), [0, 1, -1, 0.5]);
  const [initial, ...later] = elboByIterate;
  expect(initial).toBeGreaterThan(Math.max(...later));
  expect(elboByIterate[bestIteration]).toBe(Math.max(...later));
  expect(bestIteration).toBeGreaterThan(0);
});

test('a path that begins at the mode has the initial point only', () => {
  const { bestIteration, bestElbo, elboByIterate, approximation } = follow(gaussian([[1, 0], [0, 1]]), [0, 0]);
  expect([bestIteration, elboByIterate.length]).toEqual([0, 1]);
  expect([...approximation.mean]).toEqual([0, 0]);
  expect(bestElbo).toBeCloseTo(Math.log(2 * Math.PI), 10);
});

test('draws that fall where the density is not finite are left out', () => {
  // log p = log x - x for x > 0: a part of any normal density lies below 0.
  const wall = density(1, ([x]) => (x! > 0 ? Math.log(x!) - x! : NaN), ([x]) => [x! > 0 ? 1 / x! - 1 : NaN]);
  const { bestElbo, approximation } = follow(wall, [3]);
  expect(bestElbo).toBeGreaterThan(-1);
  // The evidence is 1. Estimates from 2000 draws, for which log ratios of sd 0.5 give a standard error of 0.011.
  const stream = RandomStream.fromSeed(2);
  const noise = Array.from({ length: 2000 }, () => Float64Array.of(stream.normal()));
  expect(estimateElbo(wall, approximation, noise)).toBeLessThan(0.05);
  expect(approximation.mean[0]).toBeGreaterThan(0.5);
});

test('an error where no draw ever falls on the density', () => {
  // Finite at whole numbers of millionths only, so to speak: where the way begins.
  const dust = density(2, ([x]) => (x === 0.5 ? 0 : NaN), () => [1, 1]);
  expect(() => follow(dust, [0.5, 1])).toThrow(PathError);
  expect(() => follow(dust, [0.5, 1])).toThrow(/of all \d+ normal approximations along the path, every draw fell where/);
});

test('the same seed, the same path', () => {
  const again = () => follow(funnel(3), [1, 0, 1], 5).elboByIterate;
  expect(again()).toEqual(again());
  expect(follow(funnel(3), [1, 0, 1], 6).elboByIterate).not.toEqual(again());
});
