/** @file The demo, end to end, with fewer steps. */
import '../helpers/plotForJest.ts';
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import { expectNoLeak } from '../helpers/leak.ts';
import { fitCars, type CarsSettings } from '../../src/start/cars.ts';
import { inMilesPerGallon, loadCars, milesPerGallon, columns } from '../../src/start/carsData.ts';
import { fitDeterministic } from '../../src/start/deterministic.ts';
import { sampleEightSchools } from '../../src/start/eightSchools.ts';
import { page } from '../../src/start/page.ts';
import { carsSettings, schoolsSettings } from '../../src/start/settings.ts';

const fewer: CarsSettings = { ...carsSettings, steps: 40, predictions: 20, functions: 5, progressBar: false };

beforeAll(async () => {
  await ready({ backend: 'wasm' });
});

test('cars: loaded, split and standardised', () => {
  const data = loadCars(0.75, 0);
  expect([data.train.length, data.test.length]).toEqual([98, 294]);
  const { y } = columns(data.test, data);
  milesPerGallon(y.map(([value]) => value!), data).forEach((value, i) => expect(value).toBeCloseTo(data.test[i]!.y, 10));
});

test('scores are those of the density in miles per gallon', () => {
  const data = loadCars(0.5, 0);
  const { mean, sd } = data.units.y;
  const logDensity = (y: number, centre: number, scale: number) =>
    -0.5 * Math.log(2 * Math.PI) - Math.log(scale) - 0.5 * ((y - centre) / scale) ** 2;
  // One car of 30 mpg, predicted as 25 +- 4.
  const standard = { meanSquaredError: (5 / sd) ** 2, logLikelihood: logDensity((30 - mean) / sd, (25 - mean) / sd, 4 / sd) };
  const { rmse, logLikelihood } = inMilesPerGallon(data, standard);
  expect(rmse).toBeCloseTo(5, 10);
  expect(logLikelihood).toBeCloseTo(logDensity(30, 25, 4), 10);
});

test('the deterministic network learns, and scores itself as its noise is', async () => {
  const data = loadCars(0.5, 0);
  const test = data.test.map(({ y }) => y);
  const { score, curve } = await expectNoLeak(() => fitDeterministic(data, columns(data.test, data).x.map(([x]) => x!), { steps: 100, lr: 0.01, seed: 0 }));
  // The grid was the held-out cars: the curve there is what was predicted for them.
  const rmse = Math.sqrt(curve.reduce((sum, mpg, i) => sum + (mpg - test[i]!) ** 2, 0) / test.length);
  expect(score.rmse).toBeCloseTo(rmse, 4);
  // The best constant has the standard deviation, 7.8 mpg; what power can explain leaves 4 to 5.
  expect(score.rmse).toBeLessThan(5.5);
  // At the sd of the residuals in training, 4 to 5 mpg too, the mean log density is -ln(sd √(2πe)) = -2.8 to -3.0, about.
  expect(score.logLikelihood).toBeGreaterThan(-3.3);
  expect(score.logLikelihood).toBeLessThan(-2.7);
});

test('fits both networks, twice alike, and frees what it took', async () => {
  const first = await expectNoLeak(() => fitCars(fewer));
  const again = await fitCars(fewer);
  expect(again.losses).toEqual(first.losses);
  expect(again.plot).toEqual(first.plot);
  expect(first.losses).toHaveLength(fewer.steps);
  expect(first.losses.at(-1)).toBeLessThan(first.losses[0]!);
  const { grid, mean, functions, bands, deterministic } = first.plot;
  expect(functions).toHaveLength(fewer.functions);
  for (const curve of [mean, deterministic, ...functions, ...bands.flatMap(({ lower, upper }) => [lower, upper])]) {
    expect(curve).toHaveLength(grid.length);
    expect(curve.every(Number.isFinite)).toBe(true);
  }
  grid.forEach((_, i) => {
    const edges = [bands[1]!.lower[i]!, bands[0]!.lower[i]!, mean[i]!, bands[0]!.upper[i]!, bands[1]!.upper[i]!];
    expect(edges).toEqual(edges.toSorted((a, b) => a - b));
  });
}, 30_000);

test('samples the schools and writes the page', async () => {
  const cars = await fitCars({ ...fewer, steps: 3 });
  const schools = await expectNoLeak(() => sampleEightSchools({ ...schoolsSettings, numChains: 2, numWarmup: 30, numSamples: 20, progressBar: false }));
  expect(schools.rows.map(({ name }) => name)).toEqual(['mu', 'tau', ...schools.effect.map((_, i) => `theta[${i}]`)]);
  // The chains are those of the rows: their mean is the summary's.
  for (const { name, mean } of schools.rows) {
    const draws = schools.chains.get(name)!.flat();
    expect(draws).toHaveLength(2 * 20);
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(mean, 8);
  }
  expect(page({ cars, schools, backend: tf.getBackend() })).toContain('theta[7]');
}, 30_000);
