import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { deterministic, dist, factor, getParamStore, guides, handlers, param, plate, ready, sample, setSeed } from '@tychejs/ppl';
import { Predictive } from '../../../src/infer/predictive.ts';
import type { PredictiveOptions } from '../../../src/infer/predictive.ts';
import { expectNoLeak } from '../../helpers/leak.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(3);
});

/** Linear regression; `y` may be left open. */
const model = (x: Tensor, y: Tensor | null): void => {
  const slope = sample('slope', dist.normal(0, 1));
  const noise = sample('noise', dist.gamma(2, 1));
  const mean = deterministic('mean', tf.mul(x, slope));
  plate('data', x.size, () => sample('y', dist.normal(mean, noise), { obs: y }));
};
type Args = [Tensor, Tensor | null];

async function predict(options: PredictiveOptions<Args>, ...args: Args): Promise<Record<string, { shape: number[]; values: number[] }>> {
  const result = await new Predictive(model, options).sample(...args);
  const plain = Object.fromEntries(Object.entries(result).map(([name, value]) => [name, { shape: value.shape, values: [...value.dataSync()] }]));
  tf.dispose(result);
  return plain;
}

const x = (): Tensor => tf.tensor1d([1, 2, 3]);
const slopes = [0.5, -1, 2, 0];
const posterior = { slope: slopes, noise: [0.1, 0.2, 0.3, 0.4] };

describe.each([['one by one', false], ['parallel', true]])('%s', (_, parallel) => {
  test('given draws: latent sites take their values, deterministic ones are computed, observations drawn', async () => {
    const inputs = x();
    const result = await expectNoLeak(() => predict({ posteriorSamples: posterior, parallel }, inputs, null));
    inputs.dispose();
    expect(Object.keys(result).sort()).toEqual(['mean', 'y']);
    expect(result['mean']).toEqual({ shape: [4, 3], values: slopes.flatMap((slope) => [slope, 2 * slope, 3 * slope]) });
    expect(result['y']!.shape).toEqual([4, 3]);
    result['y']!.values.forEach((y, i) => {
      // Within 5 standard deviations of where this draw puts it, and not exactly there.
      const noise = posterior.noise[Math.floor(i / 3)]!;
      expect(Math.abs(y - result['mean']!.values[i]!)).toBeLessThan(5 * noise);
      expect(y).not.toBe(result['mean']!.values[i]);
    });
  });

  test('draws as tensors and as arrays with shapes', async () => {
    const inputs = x();
    const tensors = { slope: tf.tensor1d(slopes), noise: tf.tensor1d(posterior.noise) };
    const arrays = { slope: { data: Float64Array.from(slopes), shape: [4] }, noise: { data: Float64Array.from(posterior.noise), shape: [4] } };
    const run = (posteriorSamples: PredictiveOptions<Args>['posteriorSamples']) =>
      handlers.seed({ seed: 1 }).run(() => predict({ ...(posteriorSamples ? { posteriorSamples } : {}), parallel }, inputs, null));
    const expected = await run(posterior);
    expect(await expectNoLeak(() => run(tensors))).toEqual(expected);
    expect(await run(arrays)).toEqual(expected);
    tf.dispose([inputs, ...Object.values(tensors)]);
  });

  test('observations that are given stay', async () => {
    const [inputs, y] = [x(), tf.tensor1d([7, 8, 9])];
    const result = await predict({ posteriorSamples: posterior, parallel }, inputs, y);
    expect(result['y']).toEqual({ shape: [4, 3], values: [7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9] });
    tf.dispose([inputs, y]);
  });

  test('the prior, and a guide', async () => {
    const inputs = x();
    const prior = await predict({ numSamples: 2000, parallel }, inputs, null);
    expect(Object.keys(prior).sort()).toEqual(['mean', 'noise', 'slope', 'y']);
    const slope = prior['slope']!.values;
    const mean = slope.reduce((a, b) => a + b, 0) / 2000;
    expect(Math.abs(mean)).toBeLessThan(4.5 / Math.sqrt(2000));
    expect(Math.abs(slope.reduce((a, b) => a + b * b, 0) / 2000 - 1)).toBeLessThan(4.5 * Math.sqrt(2 / 2000));
    const guide = new guides.AutoNormal(model, { initLoc: { slope: 5, noise: 1 }, initScale: 1e-4 });
    const guided = await predict({ guide, numSamples: 10, parallel }, inputs, null);
    expect(guided['slope']!.shape).toEqual([10]);
    guided['slope']!.values.forEach((value) => expect(value).toBeCloseTo(5, 2));
    expect(new Set(guided['slope']!.values).size).toBe(10);
    expect(guided['mean']!.values[2]).toBeCloseTo(15, 1);
    await expectNoLeak(() => predict({ guide, numSamples: 3, parallel }, inputs, null));
    inputs.dispose();
  });

  test('some of the draws, evenly spaced, and some of the sites', async () => {
    const inputs = x();
    const result = await predict({ posteriorSamples: posterior, numSamples: 2, returnSites: ['slope', 'mean'], parallel }, inputs, null);
    expect(Object.keys(result)).toEqual(['slope', 'mean']);
    expect(result['slope']!.values).toEqual([0.5, 2]);
    inputs.dispose();
  });

  test('deterministic sites are not taken from the draws', async () => {
    const inputs = x();
    const result = await predict({ posteriorSamples: { ...posterior, mean: [[9, 9], [9, 9], [9, 9], [9, 9]] }, parallel }, inputs, null);
    expect(result['mean']!.values.slice(0, 3)).toEqual([0.5, 1, 1.5]);
    inputs.dispose();
  });

  test('is a function of the seed', async () => {
    const inputs = x();
    const run = (seed: number): Promise<unknown> => handlers.seed({ seed }).run(() => predict({ posteriorSamples: posterior, parallel }, inputs, null));
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
    inputs.dispose();
  });

  test('latent sites that depend on others, inside of plates and out', async () => {
    const hierarchical = (): void => {
      const mu = sample('mu', dist.normal(0, 1));
      const tau = sample('tau', dist.logNormal(mu, 1));
      const z = plate('group', 3, () => sample('z', dist.normal(mu, tau)));
      const w = plate('again', 3, () => sample('w', dist.normal(tf.stack([z, z], -1), 1).toEvent(1)));
      plate('rows', 2, { dim: -2 }, () => sample('row', dist.normal(mu, tau)));
      deterministic('sum', tf.add(tf.add(mu, z), tf.sum(w, -1)));
    };
    const draws = {
      mu: [0, 1, 2, 3],
      tau: [1, 2, 3, 4],
      z: [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]],
      w: Array.from({ length: 4 }, (_, i) => [[i, 0], [0, 1], [0, 2]]),
      row: Array.from({ length: 4 }, (_, i) => [[i], [-i]]),
    };
    const options = { posteriorSamples: draws, returnSites: ['tau', 'z', 'row', 'sum'], parallel };
    const result = await expectNoLeak(async () => {
      const values = await new Predictive(hierarchical, options).sample();
      const plain = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.arraySync()]));
      tf.dispose(values);
      return plain;
    });
    const sum = draws.z.map((z, i) => z.map((value, j) => draws.mu[i]! + value + draws.w[i]![j]![0]! + draws.w[i]![j]![1]!));
    expect(result).toEqual({ tau: draws.tau, z: draws.z, row: draws.row, sum });
    const short = { posteriorSamples: { mu: draws.mu, z: [[1, 2], [3, 4], [5, 6], [7, 8]] }, parallel };
    const refused = new Predictive(hierarchical, short).sample();
    await expect(refused).rejects.toThrow(/site "z": its shape is \[3\], but posteriorSamples has draws of shape \[2\]/);
  });

  test('integer sites stay integers, vectors keep their shape', async () => {
    const program = (): void => {
      const k = sample('k', dist.categorical({ probs: [0.2, 0.3, 0.5] }));
      const w = sample('w', dist.normal([[0, 0]], 1).toEvent(1));
      deterministic('both', tf.mul(w, tf.expandDims(tf.cast(tf.gather(tf.tensor1d([10, 20, 30]), k), 'float32'), -1)));
    };
    const data = { k: [0, 2, 1], w: [[[1, 2]], [[3, 4]], [[5, 6]]] };
    const result = await new Predictive(program, { posteriorSamples: data, returnSites: ['k', 'w', 'both'], parallel }).sample();
    expect(result['k']!.dtype).toBe('int32');
    expect([...result['k']!.dataSync()]).toEqual([0, 2, 1]);
    expect(result['w']!.shape).toEqual([3, 1, 2]);
    if (!parallel) expect([...result['both']!.dataSync()]).toEqual([10, 20, 90, 120, 100, 120]);
    tf.dispose(result);
  });
});

test('parameters are read from the store, factors are left out', async () => {
  const program = (): void => {
    factor('f', 1);
    deterministic('d', tf.mul(param('gain', tf.scalar(3)), sample('z', dist.normal(0, 1))));
  };
  const result = await new Predictive(program, { posteriorSamples: { z: [1, 2] } }).sample();
  expect(Object.keys(result)).toEqual(['d']);
  expect([...result['d']!.dataSync()]).toEqual([3, 6]);
  tf.dispose(result);
});

test('runs under the handlers in force', async () => {
  const inputs = x();
  const result = await handlers.condition({ data: { noise: 1e-6 } }).run(() => predict({ numSamples: 3 }, inputs, null));
  expect(result['noise']!.values).toEqual([1e-6, 1e-6, 1e-6].map(Math.fround));
  inputs.dispose();
});

describe('errors leave no tensors', () => {
  const cases: [string, PredictiveOptions<Args>, RegExp][] = [
    ['different numbers of draws', { posteriorSamples: { slope: [1, 2], noise: [1] } }, /same number of draws of each site, got "slope" 2, "noise" 1/],
    ['a single number', { posteriorSamples: { slope: 1 } }, /one number for "slope"; draws need a leading dimension/],
    ['no draws', { posteriorSamples: {} }, /posteriorSamples is empty/],
    ['a shape that does not fit', { posteriorSamples: { slope: { data: new Float64Array(3), shape: [2] } } }, /3 numbers for "slope", whose shape is \[2\]/],
    ['too few draws', { posteriorSamples: posterior, numSamples: 5 }, /numSamples is 5, but posteriorSamples has 4 draws/],
    ['a site that is not there', { posteriorSamples: posterior, returnSites: ['slop'] }, /returnSites has "slop", but the model has no such site\. Did you mean "slope"/],
    ['a value of the wrong shape', { posteriorSamples: { slope: [[1, 2]], noise: [1] } }, /site "slope": its shape is \[\], but posteriorSamples has draws of shape \[2\]/],
  ];

  test.each(cases)('%s', async (_, options, message) => {
    const inputs = x();
    await expectNoLeak(() => expect(predict(options, inputs, null)).rejects.toThrow(message));
    inputs.dispose();
  });

  test.each<[string, object, RegExp]>([
    ['no source', {}, /infer\.Predictive: needs numSamples, unless posteriorSamples are given/],
    ['two sources', { posteriorSamples: posterior, guide: () => undefined }, /give posteriorSamples or guide, not both/],
    ['half a sample', { numSamples: 0.5 }, /infer\.Predictive: numSamples must be an integer/],
    ['unknown option', { samples: 3 }, /infer\.Predictive: unknown option "samples"/],
    ['guide', { guide: {}, numSamples: 1 }, /guide must be a function/],
  ])('%s', (_, options, message) => {
    expect(() => new Predictive(model, options)).toThrow(message);
  });

  test('draws of what is no site are warned of', async () => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    const inputs = x();
    await predict({ posteriorSamples: { ...posterior, slop: [1, 2, 3, 4] } }, inputs, null);
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/posteriorSamples has "slop", but no such site was met\. Did you mean "slope"/)]]);
    warn.mockRestore();
    inputs.dispose();
  });

  test('sites that come and go, or change their shape', async () => {
    let turn = 0;
    const fickle = (): void => {
      turn++;
      sample('z', dist.normal(0, 1));
      if (turn === 2) sample('y', dist.normal(0, 1));
      deterministic('d', tf.zeros([turn]));
    };
    const run = (returnSites: string[]): Promise<unknown> => {
      turn = 0;
      return new Predictive(fickle, { numSamples: 3, returnSites }).sample();
    };
    await expectNoLeak(() => expect(run(['d'])).rejects.toThrow(/site "d" has shape \[2\] in draw 1, but had \[1\] before/));
    turn = 0;
    const all = new Predictive(() => (turn++ === 1 ? [sample('y', dist.normal(0, 1))] : []), { numSamples: 3 }).sample();
    await expectNoLeak(() => expect(all).rejects.toThrow(/site "y" was met in 1 of 3 draws only/));
  });

  test('a model that cannot be run for all draws at once', async () => {
    const dot = (): void => {
      const w = sample('w', dist.normal([0, 0], 1));
      deterministic('d', tf.dot(tf.tensor1d([1, 2]), w));
    };
    const flat = (): void => {
      const w = sample('w', dist.normal([0, 0], 1));
      deterministic('d', tf.sum(w));
    };
    const run = (program: () => void) => () => new Predictive(program, { numSamples: 3, parallel: true }).sample();
    await expectNoLeak(() => expect(run(dot)()).rejects.toThrow(/cannot be run for all draws at once \(parallel: true\): .*dimension -2 of every batch shape.*leave parallel out/s));
    await expectNoLeak(() => expect(run(flat)()).rejects.toThrow(/cannot be run for all draws at once.*site "d" has shape \[\] in one draw, and \[\] in 3 draws at once/));
  });
});
