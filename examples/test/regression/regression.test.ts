/** @file The network of the regression, end to end with fewer steps, and its losses beside those of TyXe. */
import '../helpers/plotForJest.ts';
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import { columnsFor, compare, distance, doubtInGap, type Comparison } from '../../src/regression/compare.ts';
import { loadRegression, NOISE } from '../../src/regression/data.ts';
import { figure } from '../../src/regression/figure.ts';
import { patientWay, train, ways } from '../../src/regression/fits.ts';
import { settings } from '../../src/regression/settings.ts';
import { textTable } from '../../src/table.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { parseXml } from '../helpers/xml.ts';

beforeAll(() => ready({ backend: 'wasm' }));

describe('all ways, with little patience', () => {
  let result: Comparison;
  beforeAll(async () => {
    const few = { steps: 300, lr: 1e-2, isCooled: false };
    const nuts = { numChains: 2, numWarmup: 60, numSamples: 40, maxTreeDepth: 5, seed: 1 };
    result = await expectNoLeak(() => compare({ train: few, seeds: 2, patient: few, predictions: 50, functions: 4, nuts }));
  }, 60_000);

  test('are compared with NUTS', () => {
    expect(result.rows.map(({ name }) => name)).toEqual([...ways.map(({ name }) => name), patientWay.name, 'NUTS']);
    const text = textTable(columnsFor(result), result.rows);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(result.convergence.ess).toBeGreaterThan(0);
  });

  test('only the Bayesian ones doubt what happens in the gap', () => {
    const [ml, , local, , nuts] = result.rows;
    // The noise is known in float32, and its square taken from that of the prediction.
    expect(doubtInGap(ml!)).toBeLessThan(1e-4);
    expect(doubtInGap(local!)).toBeGreaterThan(0.01);
    expect(doubtInGap(nuts!)).toBeGreaterThan(0.05);
  });

  test('are drawn on a panel each, with as many functions as asked for', () => {
    const elements = parseXml(figure(result));
    const words = elements.map(({ text }) => text);
    expect(words).toEqual(expect.arrayContaining(['maximum likelihood', 'mean-field', 'NUTS']));
    expect(words).not.toContain(patientWay.name);
    const lines = elements.filter(({ name, within }) => name === 'path' && within.includes('line'));
    expect(lines).toHaveLength(4 * (4 + 1));
  });
});

test('the distance of means is in standard deviations of the noise, by hand', () => {
  const at = (mean: number[]) => ({ mean, sd: [1, 1] });
  expect(distance(at([1, 2]), at([1 + 3 * NOISE, 2 - 4 * NOISE]))).toBeCloseTo(Math.sqrt((9 + 16) / 2), 10);
});

test('fits as well as TyXe does in as many steps', async () => {
  // TyXe 0.0.2, 4,000 steps of Adam at 1e-3: -ELBO 463 and 358, mean squared error 0.021 and 0.0134.
  const data = loadRegression();
  const [, plain, local] = ways;
  for (const [way, tyxe] of [[plain!, { loss: 463, error: 0.021 }], [local!, { loss: 358, error: 0.0134 }]] as const) {
    const fits: { loss: number; error: number }[] = [];
    for (let seed = 0; seed < 2; seed++) {
      const { bnn, loss, dispose } = await train(way, data, settings.train, seed);
      fits.push({ loss, error: bnn.evaluate(data.x, data.y, { numSamples: 200 }).error });
      dispose();
    }
    const mean = (key: 'loss' | 'error') => fits.reduce((sum, fit) => sum + fit[key], 0) / fits.length;
    // Beginnings spread by 28 nats (plain) and 21 (local), so that the mean of two has a standard error of 20 and 15.
    expect(mean('loss')).toBeLessThan(1.03 * tyxe.loss);
    expect(mean('loss')).toBeGreaterThan(0.75 * tyxe.loss);
    expect(mean('error')).toBeLessThan(1.25 * tyxe.error);
  }
  tf.dispose([data.x, data.y]);
}, 60_000);
