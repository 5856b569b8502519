import '../../src/backend/setup.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { RandomStream } from '../../src/random/stream.ts';
import { ready } from '../../src/backend/ready.ts';
import { continuous, countCases, discrete, single } from './fixtures.ts';
import type { Fixture } from './fixtures.ts';
import { chiSquaredScore, cumulativeAt, enumerate, expectation, KOLMOGOROV_LIMIT, kolmogorov, tabulate } from './numeric.ts';
import type { Table } from './numeric.ts';

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

const DRAWS = 10_000;

/** The value of a statistic, or null where the family has none in closed form. */
function valueOf(statistic: () => Tensor): number | null {
  try {
    return tf.tidy(() => statistic().dataSync()[0]!);
  } catch (error) {
    expect(String(error)).toMatch(/closed form/);
    return null;
  }
}

function expectNear(actual: number | null, expected: number, tolerance: number): void {
  if (actual === null) return;
  const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  if (!(error < tolerance)) throw new Error(`${actual} against ${expected}`);
}

/** Families some of whose moments do not exist, whatever a finite table says of them; edges.test.ts looks at those. */
const WITHOUT_MOMENTS = /^(cauchy|halfCauchy|studentT|inverseGamma|pareto|categorical.*)$/u;

/** The same for a moment. */
function expectMoment(name: string, actual: number | null, expected: number, tolerance: number): void {
  if (actual !== null && !Number.isFinite(actual) && WITHOUT_MOMENTS.test(name)) return;
  expectNear(actual, expected, tolerance);
}

function each(fixtures: readonly Fixture[]): [string, Fixture, number][] {
  return fixtures.flatMap((fixture) =>
    Array.from({ length: countCases(fixture) }, (_, i): [string, Fixture, number] => [fixture.name, fixture, i]),
  );
}

// Float32 log-densities have a relative error of 1e-6 or so; heavy tails beyond float32's reach add to that.
describe.each(each(continuous))('%s', (name, fixture, i) => {
  let table: Table;
  beforeAll(() => {
    table = tabulate(single(fixture, i));
  });

  test(`case ${i}: the density integrates to one; moments and entropy are its integrals`, () => {
    const d = single(fixture, i);
    expect(Math.abs(table.cumulative.at(-1)! - 1)).toBeLessThan(2e-5);
    const mean = expectation(table, (x) => x);
    expectMoment(name, valueOf(() => d.mean), mean, 1e-4);
    expectMoment(name, valueOf(() => d.variance), expectation(table, (x) => (x - mean) ** 2), 3e-4);
    expectNear(valueOf(() => d.entropy()), expectation(table, (_x, logProb) => -logProb), 1e-4);
  });

  test(`case ${i}: the distribution function is the density's integral, and icdf its inverse`, () => {
    const d = single(fixture, i);
    const points = [0.001, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999].map((p) => table.values[table.cumulative.findIndex((c) => c > p)]!);
    points.forEach((x) => expectNear(valueOf(() => d.cdf(x)), cumulativeAt(table, x), 2e-5));
    for (const p of [0.001, 0.1, 0.5, 0.9, 0.999]) {
      const x = valueOf(() => d.icdf(p));
      if (x !== null) expectNear(valueOf(() => d.cdf(x)), p, 1e-5);
    }
  });

  test(`case ${i}: draws follow the density`, () => {
    const draws = tf.tidy(() => single(fixture, i).sample([DRAWS], RandomStream.fromSeed(i)).dataSync());
    expect(kolmogorov(draws, (x) => cumulativeAt(table, x))).toBeLessThan(KOLMOGOROV_LIMIT);
    // Kolmogorov's statistic hardly sees the tails: two in a hundred draws lie there, give or take.
    const inTails = draws.filter((x: number) => Math.abs(cumulativeAt(table, x) - 0.5) > 0.49).length;
    expect(Math.abs(inTails - 0.02 * DRAWS)).toBeLessThan(4.5 * Math.sqrt(DRAWS * 0.02 * 0.98));
  });
});

describe.each(each(discrete))('%s', (name, fixture, i) => {
  test(`case ${i}: probabilities sum to one; moments and entropy are their sums`, () => {
    const d = single(fixture, i);
    const table = enumerate(d);
    expect(Math.abs(table.cumulative.at(-1)! - 1)).toBeLessThan(2e-5);
    const mean = expectation(table, (x) => x);
    expectMoment(name, valueOf(() => d.mean), mean, 1e-4);
    expectMoment(name, valueOf(() => d.variance), expectation(table, (x) => (x - mean) ** 2), 1e-4);
    expectNear(valueOf(() => d.entropy()), expectation(table, (_x, logProb) => -logProb), 1e-4);
    table.values.slice(0, 40).forEach((x, k) => {
      expectNear(valueOf(() => d.cdf(x)), table.cumulative[k]!, 1e-5);
      expectNear(valueOf(() => d.cdf(x + 0.5)), table.cumulative[k]!, 1e-5);
    });
    expectNear(valueOf(() => d.cdf(-0.5)), 0, 1e-7);
  });

  test(`case ${i}: draws follow the probabilities`, () => {
    const draws = tf.tidy(() => single(fixture, i).sample([DRAWS], RandomStream.fromSeed(i)).dataSync());
    expect(chiSquaredScore(draws, enumerate(single(fixture, i)))).toBeLessThan(3.72); // once in 10,000
  });
});
