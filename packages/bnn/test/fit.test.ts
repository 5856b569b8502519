import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, handlers as effects, optim, ready } from '@tychejs/ppl';
import { VariationalBNN, guides, likelihoods, priors } from '../src/index.ts';
import type { EpochReport, FitData, FitOptions } from '../src/index.ts';
import { expectNoLeak } from './helpers/leak.ts';
import { wavy } from './helpers/nets.ts';

jest.setTimeout(30_000);

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

const values = (tensor: Tensor) => [...tensor.dataSync()];

function make(datasetSize?: number, initScale = 0.1) {
  return new VariationalBNN({
    net: sequential({ layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })] }),
    prior: priors.iid(dist.normal(0, 1)),
    likelihood: likelihoods.homoskedasticGaussian({ scale: 0.5, ...(datasetSize !== undefined && { datasetSize }) }),
    guide: guides.autoNormal({ initScale }),
  });
}

/** Losses and final parameters of a short training, all of it from one seed. */
async function train(data: FitData, options: Partial<FitOptions> = {}, datasetSize?: number) {
  const bnn = make(datasetSize);
  const { losses } = await effects.seed({ seed: 1 }).run(() => bnn.fit(data, { optim: optim.adam({ lr: 0.1 }), epochs: 3, ...options }));
  const weights = values(bnn.paramStore.get('guide.locs.dense1.kernel'));
  bnn.dispose();
  return { losses, weights };
}

const x = () => wavy([6, 2]);
const y = () => wavy([6, 1], 30);

describe('data', () => {
  /** The first and the last three rows, as batches. */
  const halves = (): [Tensor, Tensor][] => [0, 3].map((start) => [tf.slice(x(), [start], [3]), tf.slice(y(), [start], [3])]);

  /** A tf.data.Dataset, as far as it goes: it makes new tensors each time. */
  const dataset = () => {
    let made = 0;
    return {
      made: () => made,
      iterator: () => {
        const rest = halves();
        return Promise.resolve({
          next: () => {
            const [xs, ys] = rest.shift() ?? [];
            made += 1;
            return Promise.resolve({ value: { xs, ys }, done: xs === undefined });
          },
        });
      },
    };
  };

  test('may come in any of their forms', async () => {
    const expected = await train(halves());
    const forms: FitData[] = [
      halves().map(([a, b]) => ({ x: a, y: b })),
      halves().map(([a, b]) => ({ xs: a, ys: b })),
      new Set(halves()),
      () => halves(),
      async function* () {
        yield* halves();
        await Promise.resolve();
      },
      dataset(),
    ];
    for (const form of forms) expect(await train(form, {}, 6)).toEqual(expected);
  });

  test('given whole are used whole, in one step an epoch', async () => {
    const whole = await train({ x: x(), y: y() });
    expect(await train([[x(), y()]])).toEqual(whole);
    expect(await train({ x: x(), y: y() }, { batchSize: 6 })).toEqual(whole);
    expect(await train({ x: x(), y: y() }, { batchSize: 100 })).toEqual(whole);
  });

  test('in mini-batches come in an order of the seed\'s choosing, each once an epoch', async () => {
    const seen: number[][] = [];
    const net = {
      parameters: { w: tf.variable(tf.scalar(1)) },
      forward: (rows: Tensor | Tensor[], { w }: Readonly<Record<string, Tensor>>) => {
        seen.push(values(rows as Tensor));
        return tf.mul(rows as Tensor, w!);
      },
    };
    const run = async () => {
      seen.length = 0;
      const bnn = new VariationalBNN({ net, prior: priors.iid(dist.normal(0, 1)), likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }), guide: guides.autoNormal() });
      const rows = tf.reshape(tf.range(0, 7), [7, 1]);
      await effects.seed({ seed: 2 }).run(() => bnn.fit({ x: rows, y: rows }, { optim: optim.adam({ lr: 0.1 }), epochs: 2, batchSize: 3, engine: 'eager' }));
      return seen.map((batch) => [...batch]);
    };
    const batches = await run();
    expect(batches.map((batch) => batch.length)).toEqual([3, 3, 1, 3, 3, 1]);
    const [first, second] = [batches.slice(0, 3).flat(), batches.slice(3).flat()];
    expect(new Set(first)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    expect(new Set(second)).toEqual(new Set(first));
    expect(second).not.toEqual(first);
    expect(await run()).toEqual(batches);
  });

  test('leave no tensors behind: those of datasets are freed, others are the caller\'s', async () => {
    const bnn = make(6);
    const options = { optim: optim.adam({ lr: 0.1 }), epochs: 2 };
    for (const data of [{ x: x(), y: y() }, halves()]) {
      const size = Array.isArray(data) ? {} : { batchSize: 4 };
      await expectNoLeak(() => bnn.fit(data, { ...options, ...size }));
    }
    const source = dataset();
    // What the slices were cut from stays: four tensors in each epoch.
    await expectNoLeak(() => bnn.fit(source, options), 2 * 4);
    expect(source.made()).toBe(2 * 3);
  });
});

describe('onEpoch', () => {
  test('is told how each epoch went, and stops training when, and only when, it says so', async () => {
    const reports: EpochReport[] = [];
    const { losses } = await train({ x: x(), y: y() }, { epochs: 5, onEpoch: (report) => reports.push(report) });
    expect(reports.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3, 4]);
    expect(reports.map(({ loss }) => loss)).toEqual(losses);
    expect(reports.map(({ elbo }) => -elbo)).toEqual(losses);
    const stopped = await train({ x: x(), y: y() }, { epochs: 5, onEpoch: ({ epoch }) => (epoch === 1 ? 'stop' : true) });
    expect(stopped.losses).toEqual(losses.slice(0, 2));
    const later = await train({ x: x(), y: y() }, { epochs: 5, onEpoch: ({ epoch }) => Promise.resolve(epoch === 2 ? 'stop' : undefined) });
    expect(later.losses).toEqual(losses.slice(0, 3));
  });

  test('gets the mean loss of an epoch\'s steps, each an estimate for all data', async () => {
    // So narrow a guide that its draws hardly differ, and no learning to speak of.
    const lossOf = async (batchSize: number) => {
      const { losses } = await make(undefined, 1e-5).fit({ x: x(), y: y() }, { optim: optim.sgd({ lr: 1e-30 }), epochs: 1, batchSize });
      return losses[0]!;
    };
    const whole = await lossOf(6);
    for (const batchSize of [1, 2, 3]) expect(Math.abs((await lossOf(batchSize)) - whole)).toBeLessThan(0.01);
  });

  test('may predict meanwhile, in inference mode', async () => {
    const bnn = make();
    const data = { x: x(), y: tf.mul(tf.sum(x(), 1, true), -2) };
    const errors: number[] = [];
    const onEpoch = () => errors.push(bnn.evaluate(data.x, data.y, { numSamples: 5 }).error);
    await effects.seed({ seed: 4 }).run(() => bnn.fit(data, { optim: optim.adam({ lr: 0.3 }), epochs: 20, onEpoch }));
    expect(errors).toHaveLength(20);
    expect(errors.at(-1)!).toBeLessThan(0.5 * errors[0]!);
  });
});

describe('a run', () => {
  test('is a function of the seed, and can be ended by a signal, keeping what was learnt', async () => {
    const once = await train({ x: x(), y: y() }, { batchSize: 4 });
    expect(await train({ x: x(), y: y() }, { batchSize: 4 })).toEqual(once);
    const bnn = make();
    const before = bnn.paramStore.getState();
    const control = new AbortController();
    const options = { optim: optim.adam({ lr: 0.1 }), epochs: 100, signal: control.signal, onEpoch: ({ epoch }: EpochReport) => epoch === 2 && control.abort(new Error('enough')) };
    await expect(bnn.fit({ x: x(), y: y() }, options)).rejects.toThrow('enough');
    expect(bnn.paramStore.getState()).not.toEqual(before);
  });

  test('may be continued with the same optimiser', async () => {
    const bnn = make();
    const shared = optim.adam({ lr: 0.1 });
    await bnn.fit({ x: x(), y: y() }, { optim: shared, epochs: 2 });
    await bnn.fit({ x: x(), y: y() }, { optim: shared, epochs: 3 });
    expect(shared.getState().steps).toBe(5);
  });

  test('lets the event loop turn', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await train({ x: x(), y: y() }, { epochs: 60 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });

  test('begins at the net\'s weights: from zero, where all units are the same, a point would not get away', async () => {
    const inputs = tf.reshape(tf.linspace(-2, 2, 20), [20, 1]);
    const data = { x: inputs, y: tf.tanh(tf.mul(inputs, 2)) };
    const kernelInitializer = () => initializers.glorotNormal({ seed: 7 });
    const errorAfterTraining = async (guide: ConstructorParameters<typeof VariationalBNN>[0]['guide']) => {
      const net = sequential({
        layers: [
          layers.dense({ units: 10, inputShape: [1], activation: 'tanh', kernelInitializer: kernelInitializer() }),
          layers.dense({ units: 1, kernelInitializer: kernelInitializer() }),
        ],
      });
      const bnn = new VariationalBNN({ net, prior: priors.iid(dist.normal(0, 1)), likelihood: likelihoods.homoskedasticGaussian({ scale: 0.1 }), guide });
      await bnn.fit(data, { optim: optim.adam({ lr: 0.05 }), epochs: 100 });
      return bnn.evaluate(data.x, data.y, { numSamples: 1 }).error;
    };
    const variance = tf.tidy(() => values(tf.moments(data.y).variance)[0]!);
    expect(await errorAfterTraining(autoguides.AutoDelta)).toBeLessThan(0.1 * variance);
    expect(await errorAfterTraining((program) => new autoguides.AutoDelta(program, { initLoc: 0 }))).toBeCloseTo(variance, 2);
  });
});

describe('refuses, saying what to do', () => {
  const options = { optim: optim.adam({ lr: 0.1 }), epochs: 2 };
  const used = (function* () {
    yield [tf.zeros([1, 2]), tf.zeros([1, 1])] as const;
  })();
  const cases: [string, () => FitData, Partial<FitOptions>, RegExp][] = [
    ['two tensors for batches', () => [x(), y()] as never, {}, /each batch must be \[x, y\]; got a tensor\. For all data at once pass \{ x, y \}/],
    ['arrays for tensors', () => ({ x: [[1, 2]] as never, y: y() }), {}, /x must be a tensor, got an array of length 2/],
    ['other numbers of rows', () => ({ x: x(), y: wavy([5, 1]) }), {}, /\[6, 2\] and y of shape \[5, 1\] have different numbers of rows/],
    ['no rows', () => ({ x: tf.zeros([0, 2]), y: tf.zeros([0, 1]) }), {}, /there are no data/],
    ['no batches', () => [], {}, /there are no data/],
    ['nothing', () => null as never, {}, /data must be \{ x, y \} tensors, an array or iterable/],
    ['an object of other keys', () => ({ inputs: x() }) as never, {}, /data must be/],
    ['a function that gives nothing', () => (() => 3) as never, {}, /number of data is not known/],
    ['an iterable without the number of data', () => new Set([[x(), y()]]) as never, {}, /number of data is not known.*datasetSize/],
    ['batches of batches', () => [[x(), y()]], { batchSize: 3 }, /batchSize is for data given as \{ x, y \}/],
    ['half a batch', () => ({ x: x(), y: y() }), { batchSize: 0.5 }, /batchSize must be a positive integer/],
    ['no epochs', () => ({ x: x(), y: y() }), { epochs: 0 }, /epochs must be a positive integer/],
    ['a misspelt option', () => ({ x: x(), y: y() }), { epoch: 3 } as never, /unknown option "epoch"\. Did you mean "epochs"/],
    ['an optimiser of tfjs', () => ({ x: x(), y: y() }), { optim: { minimize: () => null } as never }, /optimisers of tf\.train do not fit/],
  ];
  test.each(cases)('%s', async (_, data, more, message) => {
    await expect(make().fit(data(), { ...options, ...more })).rejects.toThrow(message);
  });

  test('data that can be gone through only once', async () => {
    await expect(make(1).fit(used, options)).rejects.toThrow(/ended after the first epoch.*a function that makes the iterable/);
  });
});
