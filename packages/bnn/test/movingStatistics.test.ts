/** @file Networks with batch normalisation trained by compiled steps: as by eager ones, and their statistics are in time. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { ParamStore, dist, handlers, infer, optim, ready, sample } from '@tychejs/ppl';
import { BayesianNet } from '../src/bayesianNet.ts';
import { VariationalBNN, guides, handlers as layerHandlers, likelihoods, priors } from '../src/index.ts';
import type { FitOptions } from '../src/index.ts';
import { expectNoLeak } from './helpers/leak.ts';
import { scramble, snapshot, wavy } from './helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => warnings.mockRestore());

const values = (tensor: Tensor): number[] => [...tensor.dataSync()];

/** A small convolutional network with batch normalisation, dropout and a dense head. */
function convolutional(): LayersModel {
  const net = sequential({
    layers: [
      layers.conv2d({ filters: 3, kernelSize: 2, inputShape: [4, 4, 1], useBias: false }),
      layers.batchNormalization({ momentum: 0.8 }),
      layers.reLU(),
      layers.flatten(),
      layers.dropout({ rate: 0.3 }),
      layers.dense({ units: 2 }),
    ],
  });
  scramble(net);
  return net;
}

function make(net: LayersModel, { maximumLikelihood = false } = {}) {
  const prior = priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] });
  return new VariationalBNN({
    net,
    prior,
    likelihood: likelihoods.categorical(),
    guide: maximumLikelihood ? null : guides.autoNormal({ initScale: 0.05 }),
  });
}

const x = (): Tensor => wavy([10, 4, 4, 1]);
const y = (): Tensor => tf.tensor1d([0, 1, 1, 0, 1, 0, 0, 1, 0, 1], 'int32');

/** What a prediction says of the moving statistics, and of everything else. */
const predictions = (bnn: ReturnType<typeof make>): number[] =>
  handlers.seed({ seed: 5 }).run(() => tf.tidy(() => values(bnn.predict(x(), { numSamples: 8 }))));

/** Trains with one engine; the last epoch's batches are one smaller than the others. */
async function train(engine: 'compiled' | 'eager', options: Partial<FitOptions> = {}, { local = false, maximumLikelihood = false } = {}) {
  const net = convolutional();
  const bnn = make(net, { maximumLikelihood });
  const before = snapshot(net);
  const perEpoch: number[][] = [];
  const fit = (): Promise<{ losses: number[] }> =>
    bnn.fit({ x: x(), y: y() }, {
      optim: optim.adam({ lr: 0.01 }),
      epochs: 7,
      batchSize: 4,
      engine,
      onEpoch: () => void perEpoch.push(predictions(bnn)),
      ...options,
    });
  const seeded = (): Promise<{ losses: number[] }> => handlers.seed({ seed: 1 }).run(fit);
  const { losses } = await (local ? layerHandlers.localReparameterization().run(seeded) : seeded());
  const { paramStore } = bnn;
  const parameters = paramStore.names().flatMap((name) => values(paramStore.get(name)));
  expect(snapshot(net)).toEqual(before);
  bnn.dispose();
  return { losses, parameters, perEpoch: perEpoch.flat() };
}

/** float32 in another order of summation, over some twenty steps of Adam. */
function expectAlike(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-4 * Math.max(1, Math.abs(expected[i]!))));
}

test.each([
  ['variational', {}],
  ['with local reparameterisation', { local: true }],
  ['by maximum likelihood', { maximumLikelihood: true }],
])('compiled training is eager training, epoch by epoch: %s', async (_name, settings) => {
  const [compiled, eager] = [await train('compiled', {}, settings), await train('eager', {}, settings)];
  expectAlike(compiled.losses, eager.losses);
  expectAlike(compiled.parameters, eager.parameters);
  expectAlike(compiled.perEpoch, eager.perEpoch);
  expect(warnings).not.toHaveBeenCalled();
});

test('several particles, each of which moves the statistics', async () => {
  const [compiled, eager] = [await train('compiled', { numParticles: 2 }), await train('eager', { numParticles: 2 })];
  expectAlike([...compiled.losses, ...compiled.perEpoch], [...eager.losses, ...eager.perEpoch]);
});

const inStore = (body: () => Promise<void>): Promise<void> => handlers.paramStore({ store: new ParamStore() }).run(body);

describe('the statistics', () => {
  /** Normalises its input and nothing else, so that only the statistics count. */
  function normalising() {
    const net = sequential({ layers: [layers.batchNormalization({ inputShape: [2], momentum: 0.5 }), layers.dense({ units: 1 })] });
    scramble(net);
    const bayesian = new BayesianNet(net, priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] }));
    const model = (input: Tensor): void => {
      const output = bayesian.forward(input, { training: true });
      sample('y', dist.normal(tf.mean(output), 1), { obs: 0.5 });
    };
    const names = bayesian.siteNames;
    const guide = (): void => names.forEach((name, i) => void sample(name, dist.normal(tf.fill(shapes[i]!, 0.1), 1e-3).toEvent(shapes[i]!.length)));
    const shapes = names.map((name) => bayesian.lifted.parameters.find((each) => each.name === name)!.shape as number[]);
    const svi = new infer.SVI<[Tensor]>({ model, guide, optim: optim.sgd({ lr: 1e-30 }), loss: new infer.TraceELBO(), engine: 'compiled' });
    /** The net's prediction with fixed weights: a function of the statistics. */
    const own = new Map(bayesian.lifted.parameters.map((each) => [each.name, each.value()]));
    const look = (): number[] => tf.tidy(() => values(bayesian.lifted.forward(wavy([3, 2]), own, { training: false }) as Tensor));
    return { bayesian, svi, look };
  }

  /** `look` after so many training passes by hand. */
  function byHand(inputs: readonly Tensor[]): number[] {
    const { bayesian, look } = normalising();
    const own = new Map(bayesian.lifted.parameters.map((each) => [each.name, each.value()]));
    for (const input of inputs) tf.tidy(() => void bayesian.lifted.forward(input, own, { training: true }));
    return look();
  }

  test('are in the variables whenever somebody looks, and go on from there', async () => {
    const { svi, look } = normalising();
    const [a, b] = [wavy([4, 2], 10), wavy([4, 2], 90)];
    const expected = [1, 2, 3, 4].map((count) => byHand([a, b, a, b].slice(0, count)));
    await inStore(async () => {
      for (const [i, input] of [a, b, a, b].entries()) {
        await svi.step(input);
        expectAlike(look(), expected[i]!);
        expectAlike(look(), expected[i]!);
      }
    });
    expect(svi.stats).toMatchObject({ engine: 'compiled', programs: 1 });
  });

  test('stay where they are when a loss is only evaluated', async () => {
    const { svi, look } = normalising();
    const [a, b] = [wavy([4, 2], 10), wavy([4, 2], 90)];
    await inStore(async () => {
      await svi.evaluateLoss(a);
      await svi.step(a);
      await svi.evaluateLoss(b);
      expectAlike(look(), byHand([a]));
      await svi.evaluateLoss(b);
      await svi.step(b);
      expectAlike(look(), byHand([a, b]));
    });
  });

  test('stay where they are in a step that is no number', async () => {
    const { svi, look } = normalising();
    const [a, bad] = [wavy([4, 2], 10), tf.mul(wavy([4, 2], 90), NaN)];
    await inStore(async () => {
      // In the first step, which is eager, and after compiled ones.
      await expect(svi.step(bad)).rejects.toThrow(/NaN/);
      await svi.step(a);
      await expect(svi.step(bad)).rejects.toThrow(/NaN/);
      expectAlike(look(), byHand([a]));
      await svi.step(a);
      expectAlike(look(), byHand([a, a]));
    });
    expect(svi.stats.engine).toBe('compiled');
  });

  test('pass from the program of one shape to that of another', async () => {
    const { svi, look } = normalising();
    const batches = [wavy([4, 2], 10), wavy([3, 2], 90), wavy([4, 2], 20), wavy([3, 2], 5)];
    await inStore(async () => {
      for (const batch of batches) await svi.step(batch);
    });
    expectAlike(look(), byHand(batches));
    expect(svi.stats.programs).toBe(2);
  });
});

test('training takes no tensors but one for each statistic, and disposing of the network gives them back', async () => {
  const [net, data] = [convolutional(), { x: x(), y: y() }];
  const options = { optim: optim.adam({ lr: 0.01 }), epochs: 1, engine: 'compiled' } as const;
  const before = tf.memory().numTensors;
  const bnn = make(net);
  const made = tf.memory().numTensors;
  await expectNoLeak(() => bnn.fit(data, options), 2);
  await expectNoLeak(() => bnn.fit(data, options));
  tf.dispose(bnn.predict(data.x, { numSamples: 1 }));
  expect(tf.memory().numTensors).toBe(made + 2);
  await bnn.fit(data, options);
  // While the program has the statistics.
  bnn.dispose();
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose(data);
});

test('a first pass in training that is being recorded is refused, and harms neither the network nor its statistics', () => {
  const net = convolutional();
  const before = snapshot(net);
  const { lifted } = new BayesianNet(net, priors.iid(dist.normal(0, 1), { exposeAll: true }));
  const own = new Map(lifted.parameters.map((each) => [each.name, each.value()]));
  const data = x();
  const model = (): void => {
    const shift = sample('shift', dist.normal(0, 1));
    if (tf.getBackend() === 'trace') lifted.forward(tf.add(data, shift), own, { training: true });
  };
  expect(() => infer.logDensity(model, [], { engine: 'compiled' })).toThrow(/the variable ".*" was assigned/);
  tf.tidy(() => {
    const predicted = values(lifted.forward(data, own, { training: false }) as Tensor);
    expect(predicted).toEqual(values(net.predict(data) as Tensor));
  });
  lifted.dispose();
  expect(snapshot(net)).toEqual(before);
  data.dispose();
});
