/** @file Compiled predictions: draw by draw those of eager runs. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, deterministic, dist, getParamStore, guides, Handler, handlers, infer, ops, optim, param, plate, randomStream, ready, sample, setSeed } from '@tychejs/ppl';
import type { Message } from '@tychejs/ppl';
import type { PredictiveOptions } from '../../../src/infer/predictive.ts';
import { expectNoLeak } from '../../helpers/leak.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

let warnings: jest.SpyInstance;
beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(3);
  warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => warnings.mockRestore());

interface Site {
  readonly dtype: string;
  readonly shape: number[];
  readonly values: number[];
}
type Sites = Record<string, Site>;

function plain(result: Record<string, Tensor>): Sites {
  const sites = Object.entries(result).map(([name, value]) => [name, { dtype: value.dtype, shape: value.shape, values: [...value.dataSync()] }]);
  tf.dispose(result);
  return Object.fromEntries(sites) as Sites;
}

/** The same draws by a program and eagerly. */
async function both<A extends unknown[]>(model: (...args: A) => unknown, options: PredictiveOptions<A>, ...args: A): Promise<{ compiled: Sites; eager: Sites }> {
  const run = (engine: 'compiled' | 'eager'): Promise<Sites> =>
    handlers.seed({ seed: 11 }).run(async () => plain(await new infer.Predictive(model, { ...options, engine }).sample(...args)));
  return { compiled: await run('compiled'), eager: await run('eager') };
}

/** Alike but for rounding in float32, over a few operations. */
function expectAlike({ compiled, eager }: { compiled: Sites; eager: Sites }): void {
  expect(Object.keys(compiled)).toEqual(Object.keys(eager));
  for (const [name, { dtype, shape, values }] of Object.entries(compiled)) {
    const expected = eager[name]!;
    expect({ name, dtype, shape }).toEqual({ name, dtype: expected.dtype, shape: expected.shape });
    const largest = Math.max(1, ...expected.values.map(Math.abs));
    values.forEach((value, i) => {
      if (value !== expected.values[i]) expect(Math.abs(value - expected.values[i]!)).toBeLessThan(2e-5 * largest);
    });
  }
}

describe('each kind of site', () => {
  const z = (): Tensor => sample('z', dist.normal(0, 1));
  const positive = (): Tensor => tf.add(tf.square(z()), 0.3);
  const share = (): Tensor => tf.sigmoid(z());
  const KINDS: Record<string, () => unknown> = {
    normal: () => sample('y', dist.normal(z(), positiveOf(2))),
    uniform: () => sample('y', dist.uniform(tf.sub(z(), 1), 7)),
    exponential: () => sample('y', dist.exponential(positive())),
    gamma: () => sample('y', dist.gamma(positive(), 2)),
    beta: () => sample('y', dist.beta(positive(), 1.5)),
    'student t': () => sample('y', dist.studentT(tf.add(positive(), 2), 0, 1)),
    'von Mises': () => sample('y', dist.vonMises(z(), 2)),
    bernoulli: () => sample('y', dist.bernoulli({ probs: share() })),
    binomial: () => sample('y', dist.binomial(9, { logits: z() })),
    poisson: () => sample('y', dist.poisson(tf.exp(tf.add(z(), 1)))),
    categorical: () => sample('y', dist.categorical({ logits: tf.mul(z(), tf.tensor1d([0.2, -1, 1])) })),
    'log-normal': () => sample('y', dist.logNormal(z(), 0.5)),
    dirichlet: () => sample('y', dist.dirichlet(tf.mul(positive(), tf.tensor1d([1, 2, 3])))),
    'multivariate normal': () => sample('y', dist.multivariateNormal(tf.mul(z(), tf.tensor1d([1, -1])), { scaleTril: [[1, 0], [0.4, 0.8]] })),
    'a plate, and a deterministic site': () => {
      const mean = deterministic('mean', tf.mul(z(), tf.tensor1d([1, 2, 3])));
      plate('data', 3, () => sample('y', dist.normal(mean, 0.1)));
    },
    'a part of a plate': () => {
      const all = tf.tensor1d([10, 20, 30, 40, 50]);
      const location = z();
      plate('data', 5, { subsampleSize: 2 }, (part) => sample('y', dist.normal(tf.add(tf.gather(all, part), location), 0.1)));
    },
    'indices that are gathered': () => {
      const k = sample('k', dist.categorical({ probs: [0.2, 0.3, 0.5] }));
      sample('y', dist.normal(tf.gather(tf.tensor1d([-10, 0, 10]), k), tf.exp(z())));
    },
    'truth values, constants, and the same twice': () => {
      deterministic('isPositive', tf.greater(z(), 0));
      deterministic('constant', tf.tensor1d([1, 2]));
      deterministic('again', deterministic('once', tf.neg(z2())));
    },
    'values that are partly observed': () => {
      plate('data', 3, () => sample('y', dist.normal(z(), 1), { obs: [7, 8, 9], obsMask: [true, false, true] }));
    },
    'randomness of the model itself': () => deterministic('y', dist.normal(0, 1).sample([3], randomStream('own'))),
    'a loop over time, with a distribution in it': () => {
      const shocks = sample('shocks', dist.normal(tf.zeros([4]), 1).toEvent(1));
      const [, path] = ops.scan((state: Tensor, shock: Tensor) => {
        const next = dist.normal(tf.mul(state, 0.5), tf.exp(shock)).icdf(0.7);
        return [next, next];
      }, z(), shocks);
      deterministic('y', path);
    },
    'a stream with a seed': () => {
      z();
      handlers.seed({ seed: 5 }).run(() => sample('y', dist.normal(0, 1)));
    },
  };
  const positiveOf = (scale: number): Tensor => tf.add(tf.square(sample('s', dist.normal(0, scale))), 0.5);
  const z2 = (): Tensor => sample('z2', dist.normal(0, 1));

  test.each(Object.keys(KINDS))('%s', async (name) => {
    const model = KINDS[name]!;
    const result = await expectNoLeak(() => both(model, { numSamples: 40 }));
    expectAlike(result);
    expect(warnings).not.toHaveBeenCalled();
    const { y, z: latent } = result.compiled;
    // Draws differ from one another, but for what has a seed of its own.
    if (latent !== undefined) expect(new Set(latent.values).size).toBe(latent.values.length);
    if (y !== undefined && name !== 'a stream with a seed') expect(new Set(y.values).size).toBeGreaterThan(1);
  });
});

const regression = (x: Tensor, y: Tensor | null): void => {
  const slope = sample('slope', dist.normal(0, 1));
  const noise = sample('noise', dist.gamma(2, 1));
  const mean = deterministic('mean', tf.mul(x, slope));
  plate('data', x.size, () => sample('y', dist.normal(mean, noise), { obs: y }));
};
type Args = [Tensor, Tensor | null];
const count = 60;
const posterior = {
  slope: Array.from({ length: count }, (_, i) => Math.sin(i)),
  noise: Array.from({ length: count }, (_, i) => 0.1 + (i % 3)),
};

describe('sources of latent values', () => {
  const x = (): Tensor => tf.tensor1d([1, 2, 3]);
  let inputs: Tensor;
  beforeEach(() => (inputs = x()));
  afterEach(() => inputs.dispose());

  test('draws', async () => {
    const result = await both<Args>(regression, { posteriorSamples: posterior }, inputs, null);
    expectAlike(result);
    expect(result.compiled['mean']!.values).toEqual(posterior.slope.flatMap((slope) => [1, 2, 3].map((each) => Math.fround(each * Math.fround(slope)))));
  });

  test('some of the draws, as chains give them, with sites that are no latent ones', async () => {
    const samples = Object.fromEntries(Object.entries(posterior).map(([name, data]) => [name, { data: Float64Array.from(data), shape: [count] }]));
    const mean = { data: new Float64Array(3 * count).fill(99), shape: [count, 3] };
    const result = await both<Args>(regression, { posteriorSamples: { mean, ...samples }, numSamples: 20, returnSites: ['y', 'slope', 'mean'] }, inputs, null);
    expectAlike(result);
    expect(Object.keys(result.compiled)).toEqual(['y', 'slope', 'mean']);
    expect(result.compiled['slope']!.values[3]).toBe(Math.fround(posterior.slope[9]!));
  });

  test('draws of some sites, observations given', async () => {
    const y = tf.tensor1d([7, 8, 9]);
    const result = await both<Args>(regression, { posteriorSamples: { slope: posterior.slope } }, inputs, y);
    expectAlike(result);
    expect(result.compiled['y']!.values.slice(0, 6)).toEqual([7, 8, 9, 7, 8, 9]);
    y.dispose();
  });

  test('whole numbers stay so', async () => {
    const model = (): void => {
      const k = sample('k', dist.categorical({ probs: [0.2, 0.3, 0.5] }));
      deterministic('picked', tf.gather(tf.tensor1d([10, 20, 30]), k));
    };
    const k = Array.from({ length: count }, (_, i) => i % 3);
    const result = await both<[]>(model, { posteriorSamples: { k }, returnSites: ['k', 'picked'] });
    expectAlike(result);
    expect(result.compiled['k']).toEqual({ dtype: 'int32', shape: [count], values: k });
    expect(result.compiled['picked']!.values.slice(0, 3)).toEqual([10, 20, 30]);
  });

  test.each(['AutoNormal', 'AutoMultivariateNormal'] as const)('a guide: %s', async (kind) => {
    const guide = new guides[kind](regression, { initLoc: { slope: 2, noise: 1 } });
    expectAlike(await both<Args>(regression, { guide, numSamples: count }, inputs, null));
  });

  test('handlers around', async () => {
    const result = await handlers.condition({ data: { noise: 0.25 } }).run(() => both<Args>(regression, { numSamples: count }, inputs, null));
    expectAlike(result);
    expect(result.compiled['noise']!.values).toEqual(Array(count).fill(0.25));
  });
});

describe('programs are used again', () => {
  test('for other data, parameters and seeds, but not for other shapes', async () => {
    const gain = (x: Tensor): void => {
      const slope = sample('slope', dist.normal(param('loc', tf.scalar(0)), param('scale', tf.scalar(1), { constraint: constraints.positive })));
      deterministic('mean', tf.mul(x, slope));
    };
    const predictive = new infer.Predictive<[Tensor]>(gain, { numSamples: count });
    const data = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4]), tf.tensor1d([1, 2, 3])] as const;
    const at = (x: Tensor): Promise<Sites> => handlers.seed({ seed: 5 }).run(async () => plain(await predictive.sample(x)));
    const [first, second] = [await at(data[0]), await at(data[1])];
    expect(predictive.stats).toEqual({ engine: 'compiled', reason: null, programs: 1 });
    expect(second['slope']).toEqual(first['slope']);
    second['mean']!.values.forEach((mean, i) => expect(mean).toBeCloseTo((3 + (i % 2)) * first['slope']!.values[i >> 1]!, 5));
    getParamStore().set('loc', 100);
    const moved = await at(data[0]);
    moved['slope']!.values.forEach((slope, i) => expect(slope).toBeCloseTo(100 + first['slope']!.values[i]!, 4));
    // Another parameter by the same name.
    getParamStore().clear();
    expect((await at(data[0]))['slope']).toEqual(first['slope']);
    expect(predictive.stats.programs).toBe(2);
    expect((await at(data[2]))['mean']!.shape).toEqual([count, 3]);
    expect(predictive.stats.programs).toBe(3);
    tf.dispose([...data]);
  });

  test('after training that is compiled, too', async () => {
    const model = (): void => {
      sample('z', dist.normal(0, 1));
    };
    const guide = new guides.AutoNormal(model);
    const predictive = new infer.Predictive<[]>(model, { guide, numSamples: 200 });
    const before = plain(await predictive.sample())['z']!.values;
    const target = (): Tensor => sample('z', dist.normal(5, 0.01));
    const svi = new infer.SVI<[]>({ model: target, guide, optim: optim.adam({ lr: 0.1 }), loss: new infer.TraceMeanFieldELBO() });
    await svi.run({ steps: 300, args: [] });
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(Math.abs(mean(before))).toBeLessThan(1);
    expect(mean(plain(await predictive.sample())['z']!.values)).toBeCloseTo(5, 0);
    expect(predictive.stats.programs).toBe(1);
  });

  test('unless the model reads something else now', async () => {
    let factor = 2;
    const model = (): void => {
      deterministic('d', tf.mul(sample('z', dist.normal(0, 1)), factor));
    };
    const predictive = new infer.Predictive<[]>(model, { numSamples: count });
    const at = (): Promise<Sites> => handlers.seed({ seed: 5 }).run(async () => plain(await predictive.sample()));
    const doubled = await at();
    factor = 4;
    const fourfold = await at();
    expect(predictive.stats.programs).toBe(2);
    expect(fourfold['d']!.values).toEqual(doubled['d']!.values.map((value) => 2 * value));
  });

  test('by two calls at the same moment', async () => {
    const model = (x: Tensor): void => {
      deterministic('d', tf.add(tf.mul(x, 1000), sample('z', dist.normal(0, 1))));
    };
    const predictive = new infer.Predictive<[Tensor]>(model, { numSamples: 30_000 });
    const [one, two] = [tf.scalar(1), tf.scalar(2)];
    const results = (await Promise.all([predictive.sample(one), predictive.sample(two)])).map(plain);
    // Ten standard deviations.
    results.forEach(({ d }, i) => expect(d!.values.filter((value) => Math.abs(value - 1000 * (i + 1)) > 10)).toEqual([]));
    expect(predictive.stats.programs).toBe(1);
    tf.dispose([one, two]);
  });
});

describe('what cannot be compiled', () => {
  /** Looks at a value. */
  const branching = (): void => {
    const z = sample('z', dist.normal(0, 1));
    deterministic('d', (z.dataSync()[0] as number) > 0 ? tf.scalar(1) : tf.scalar(-1));
  };

  test('is run eagerly after one warning', async () => {
    const predictive = new infer.Predictive<[]>(branching, { numSamples: count });
    const result = await expectNoLeak(async () => plain(await predictive.sample()));
    result['d']!.values.forEach((sign, i) => expect(sign).toBe(Math.sign(result['z']!.values[i]!)));
    await new infer.Predictive<[]>(branching, { numSamples: count }).sample().then(tf.dispose);
    expect(warnings.mock.calls).toEqual([[expect.stringMatching(/infer\.Predictive: draws are made eagerly.*since they cannot be compiled: .*engine: 'eager' silences/s)]]);
    expect(predictive.stats).toMatchObject({ engine: 'eager', reason: expect.any(String) as string, programs: 0 });
  });

  test('is an error if that was asked for', async () => {
    const predictive = new infer.Predictive<[]>(branching, { numSamples: count, engine: 'compiled' });
    await expectNoLeak(() => expect(predictive.sample()).rejects.toThrow(/infer\.Predictive: the draws cannot be compiled: /));
  });

  test('handlers that draw by themselves', async () => {
    const model = (): void => {
      deterministic('d', tf.mul(param('gain', tf.scalar(1)), 1));
    };
    class Shaken extends Handler {
      override process(message: Message): void {
        if (message.type === 'param') message.value = dist.normal(0, 1).sample();
      }
    }
    const result = await new Shaken().run(async () => plain(await new infer.Predictive<[]>(model, { numSamples: count }).sample()));
    expect(new Set(result['d']!.values).size).toBe(count);
    expect(warnings.mock.calls).toEqual([[expect.stringMatching(/random numbers come from outside of the model/)]]);
  });

  test('a few draws are made eagerly, without a word', async () => {
    const predictive = new infer.Predictive<[]>(branching, { numSamples: 9 });
    await predictive.sample().then(tf.dispose);
    expect(warnings).not.toHaveBeenCalled();
    expect(predictive.stats).toEqual({ engine: 'eager', reason: null, programs: 0 });
  });

  test('options that contradict each other', () => {
    expect(() => new infer.Predictive<[]>(branching, { numSamples: 9, parallel: true, engine: 'compiled' })).toThrow(/with parallel: true the model runs once, eagerly/);
    expect(() => new infer.Predictive<[]>(branching, { numSamples: 9, engine: 'fast' as never })).toThrow(/engine must be 'auto', 'compiled' or 'eager', got fast/);
  });
});

describe('draws that are wrong', () => {
  const scaled = (): void => {
    const scale = sample('scale', dist.normal(1, 1));
    sample('y', dist.normal(0, scale));
  };
  const scales = Array.from({ length: count }, (_, i) => (i === 57 ? -1 : 1));

  test('fail as they do eagerly, naming the site', async () => {
    for (const engine of ['compiled', 'eager'] as const) {
      const predictive = new infer.Predictive<[]>(scaled, { posteriorSamples: { scale: scales }, engine });
      await expectNoLeak(() => expect(predictive.sample()).rejects.toThrow(/site "y": normal: scale must be positive, got -1/));
    }
  });

  test('of a shape that does not fit', async () => {
    const predictive = new infer.Predictive<[]>(scaled, { posteriorSamples: { scale: scales.map((scale) => [scale, 1]) }, engine: 'compiled' });
    await expectNoLeak(() => expect(predictive.sample()).rejects.toThrow(/site "scale": its shape is \[\], but posteriorSamples has draws of shape \[2\]/));
  });

  test('too many numbers to be kept', async () => {
    const model = (): void => {
      deterministic('d', tf.add(tf.zeros([1000, 1000]), sample('z', dist.normal(0, 1))));
    };
    for (const engine of ['compiled', 'eager'] as const) {
      const predictive = new infer.Predictive<[]>(model, { numSamples: 1e6, engine });
      await expectNoLeak(() => expect(predictive.sample()).rejects.toThrow(/1000000 draws of site "d", of shape \[1000, 1000\] each, take 3725\.3 GiB.*returnSites/s));
    }
  });
});
