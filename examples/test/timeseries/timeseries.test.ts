/** @file Forecasts of a series: the filter beside a slow one, and all of it on a few years. */
import '../helpers/plotForJest.ts';
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import { loadCo2, readSeries, restrict, yearOf } from '../../src/timeseries/data.ts';
import { figure } from '../../src/timeseries/figure.ts';
import { coverage, forecast } from '../../src/timeseries/forecast.ts';
import { filterTrend } from '../../src/timeseries/kalman.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { parseXml } from '../helpers/xml.ts';

beforeAll(() => ready({ backend: 'cpu' }));

test('months without a line are there, without a value', () => {
  const series = readSeries('Date,CO2,adjusted CO2\n1999-11-01,300.5,0\n2000-01-01,301,0\n');
  expect(series).toEqual({ months: [12 * 1999 + 10, 12 * 1999 + 11, 12 * 2000], co2: [300.5, null, 301] });
  expect(yearOf(12 * 2000)).toBeCloseTo(2000 + 1 / 24, 10);
  expect(restrict(series, (month) => month >= 12 * 2000).co2).toEqual([301]);
  expect(() => readSeries('title\n1999,300\n')).toThrow('not a line of the record: 1999,300');
  const record = loadCo2();
  expect([record.months.length, record.co2.filter((value) => value === null).length]).toEqual([746, 5]);
});

/** Solves a x = b, of a symmetric positive definite matrix, by elimination. */
function solve(a: number[][], b: number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i]!]);
  for (let i = 0; i < rows.length; i++) {
    for (let j = i + 1; j < rows.length; j++) {
      const factor = rows[j]![i]! / rows[i]![i]!;
      rows[j] = rows[j]!.map((value, k) => value - factor * rows[i]![k]!);
    }
  }
  const x: number[] = [];
  for (let i = rows.length - 1; i >= 0; i--) x[i] = (rows[i]!.at(-1)! - rows[i]!.slice(i + 1, -1).reduce((sum, value, k) => sum + value * x[i + 1 + k]!, 0)) / rows[i]![i]!;
  return x;
}

test('the filter gives the conditional distributions of the joint normal one', () => {
  const noise = { level: 0.3, slope: 0.2, measurement: 0.5 };
  const start = { level: { mean: 1, sd: 2 }, slope: { mean: 0.5, sd: 0.7 } };
  const values = [1.2, 2.9, 0, 3.1, 5.2, 0];
  const isMeasured = [1, 1, 0, 1, 1, 0];
  const n = values.length;
  // Each value is a sum of independent normals: of the start, of the noise of each month, and its own.
  const sources: { sd: number; weight: (t: number) => number }[] = [
    { sd: start.level.sd, weight: () => 1 },
    { sd: start.slope.sd, weight: (t) => t + 1 },
    ...values.flatMap((_, s) => [
      { sd: noise.level, weight: (t: number) => Number(t >= s) },
      // A change of the slope in month s shows from the month after.
      { sd: noise.slope, weight: (t: number) => Math.max(0, t - s) },
      { sd: noise.measurement, weight: (t: number) => Number(t === s) },
    ]),
  ];
  const prior = values.map((_, t) => start.level.mean + start.slope.mean * (t + 1));
  const covariance = values.map((_, t) => values.map((__, u) => sources.reduce((sum, { sd, weight }) => sum + sd ** 2 * weight(t) * weight(u), 0)));
  expectNoLeak(() =>
    tf.tidy(() => {
      const scalars = { level: tf.scalar(noise.level), slope: tf.scalar(noise.slope), measurement: tf.scalar(noise.measurement) };
      const { mean, sd } = filterTrend(tf.tensor1d(values), tf.tensor1d(isMeasured), scalars, start);
      for (let t = 0; t < n; t++) {
        const known = values.flatMap((_, u) => (u < t && isMeasured[u] === 1 ? [u] : []));
        const among = known.map((u) => known.map((v) => covariance[u]![v]!));
        const across = known.map((u) => covariance[t]![u]!);
        const weights = solve(among, across);
        const expected = prior[t]! + weights.reduce((sum, weight, k) => sum + weight * (values[known[k]!]! - prior[known[k]!]!), 0);
        const variance = covariance[t]![t]! - weights.reduce((sum, weight, k) => sum + weight * across[k]!, 0);
        expect(mean.dataSync()[t]).toBeCloseTo(expected, 4);
        expect(sd.dataSync()[t]).toBeCloseTo(Math.sqrt(variance), 4);
      }
    }),
  );
});

test('coverage counts the months measured', () => {
  expect(coverage([1, null, 3, 5], { lower: [0, 0, 0, 0], upper: [2, 2, 2, 9] })).toBeCloseTo(2 / 3, 10);
});

test('a forecast goes on as the years before, and is less sure the further it goes', async () => {
  const series = loadCo2();
  const nuts = { numChains: 2, numWarmup: 150, numSamples: 100, seed: 1 };
  const result = await expectNoLeak(() => forecast(series, 1990, { history: 10, ahead: 5, nuts }));
  expect(result.months).toHaveLength(60);
  // A part per million or two in five years; the seasons alone go up and down by three.
  expect(result.error).toBeLessThan(3);
  expect(result.coverage.most).toBeGreaterThan(0.7);
  const width = (i: number) => result.most.upper.at(i)! - result.most.lower.at(i)!;
  expect(width(-1)).toBeGreaterThan(2 * width(0));
  const elements = parseXml(figure(restrict(series, (month) => month >= 12 * 1980 && month < 12 * 1996), [result]));
  expect(elements.filter(({ name, within }) => name === 'path' && within.includes('area'))).toHaveLength(4);
  expect(elements.map(({ text }) => text)).toEqual(expect.arrayContaining(['measured', 'The decade from 1990']));
}, 60_000);
