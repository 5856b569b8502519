/** @file Training that is stopped between epochs and goes on elsewhere, to the last bit. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, handlers as effects, optim, ready } from '@tychejs/ppl';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VariationalBNN, guides, handlers, likelihoods, priors } from '../src/index.ts';
import type { FitCheckpoint, FitData, FitOptions } from '../src/index.ts';
import { expectNoLeak } from './helpers/leak.ts';
import { scramble, wavy } from './helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const folder = mkdtempSync(join(tmpdir(), 'tyche-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** With moving statistics, dropout, a parameter of each kind and noise that is learnt. */
function make(units = 3, guide = guides.autoNormal({ initScale: 0.1 }) as never) {
  const net = sequential({
    layers: [
      layers.dense({ units, inputShape: [2], activation: 'tanh' }),
      layers.batchNormalization({ momentum: 0.8 }),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 1, name: 'head' }),
    ],
  });
  scramble(net);
  const prior = priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] });
  const likelihood = likelihoods.homoskedasticGaussian({ scale: dist.halfNormal(1) });
  return effects.seed({ seed: 8 }).run(() => new VariationalBNN({ net, prior, likelihood, guide }));
}
type Bnn = ReturnType<typeof make>;

const x = (): Tensor => wavy([10, 2]);
const y = (): Tensor => wavy([10, 1], 70);
const adam = () => optim.schedule(optim.adam({ lr: 0.05 }), { gamma: 0.97 });

/** Trains with a seed of its own choosing: a checkpoint brings its stream with it. */
async function train(bnn: Bnn, seed: number, options: Partial<FitOptions>, data: FitData = { x: x(), y: y() }) {
  const batches = 'x' in data ? { batchSize: 5 } : {};
  return effects.seed({ seed }).run(() =>
    handlers.localReparameterization().run(() => bnn.fit(data, { optim: adam(), epochs: 6, engine: 'eager', ...batches, ...options })),
  );
}

/** All that there is, to the bit. */
const everything = async (bnn: Bnn): Promise<Buffer> => Buffer.from(await bnn.toBytes());

/** The checkpoints of three epochs. */
async function threeEpochs(options: Partial<FitOptions> = {}, data?: FitData): Promise<FitCheckpoint[]> {
  const checkpoints: FitCheckpoint[] = [];
  const bnn = make();
  await train(bnn, 1, { epochs: 3, onCheckpoint: (checkpoint) => checkpoints.push(checkpoint), ...options }, data);
  bnn.dispose();
  return checkpoints;
}

const halves = (): [Tensor, Tensor][] => [0, 5].map((start) => [tf.slice(x(), [start], [5]), tf.slice(y(), [start], [5])]);

describe.each(['compiled', 'eager'] as const)('six %s epochs', (engine) => {
  test('are three, and three more by another network in another process', async () => {
    const whole = make();
    const { losses, stats } = await train(whole, 1, { engine });
    expect(stats.engine).toBe(engine);
    const checkpoints = await threeEpochs({ engine });
    expect(checkpoints.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(checkpoints[2]!.losses).toEqual(losses.slice(0, 3));
    const path = join(folder, `${engine}.safetensors`);
    writeFileSync(path, checkpoints[2]!.bytes);
    for (const resume of engine === 'eager' ? [path, new Blob([checkpoints[2]!.bytes])] : [checkpoints[2]!.bytes]) {
      const other = make();
      const result = await train(other, 77, { engine, resume });
      expect(result.losses).toEqual(losses);
      expect((await everything(other)).equals(await everything(whole))).toBe(true);
      other.dispose();
    }
  });

  test('are five after the first, by a network and an optimiser that had learnt something else', async () => {
    const whole = make();
    const { losses } = await train(whole, 1, { engine });
    const [{ bytes }] = (await threeEpochs({ engine, epochs: 1 })) as [FitCheckpoint];
    const other = make();
    const used = adam();
    await train(other, 5, { engine, optim: used, epochs: 4 });
    const seen: number[] = [];
    const result = await train(other, 77, { engine, optim: used, resume: bytes, onEpoch: ({ epoch }) => seen.push(epoch) });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(result.losses).toEqual(losses);
    expect((await everything(other)).equals(await everything(whole))).toBe(true);
  });
});

test('what is predicted meanwhile changes nothing, nor do checkpoints', async () => {
  const [quiet, busy] = [make(), make()];
  const { losses } = await train(quiet, 1, {});
  const onEpoch = () => tf.dispose(busy.predict(x(), { numSamples: 2 }));
  expect((await train(busy, 1, { onEpoch, onCheckpoint: () => undefined })).losses).toEqual(losses);
});

test('data that come in batches come as they came: those of the epochs done are passed over', async () => {
  // A data set that is in another order in each epoch.
  const shuffled = () => {
    let epoch = 0;
    return () => (epoch++ % 2 === 0 ? halves() : halves().reverse());
  };
  const sized = () => {
    const bnn = make();
    bnn.likelihood.datasetSize = 10;
    return bnn;
  };
  const whole = sized();
  const { losses } = await train(whole, 1, {}, shuffled());
  const bytes: Uint8Array[] = [];
  await train(sized(), 1, { epochs: 3, onCheckpoint: (checkpoint) => bytes.push(checkpoint.bytes) }, shuffled());
  expect((await train(sized(), 2, { resume: bytes[2]! }, shuffled())).losses).toEqual(losses);
  const array = await train(make(), 1, {}, halves());
  const [, second] = await threeEpochs({}, halves());
  expect((await train(make(), 2, { resume: second!.bytes }, halves())).losses).toEqual(array.losses);
});

test('checkpoints come every so many epochs and at the end, by a stop too, and are files of the network', async () => {
  expect((await threeEpochs({ epochs: 5, checkpointEvery: 2 })).map(({ epoch }) => epoch)).toEqual([2, 4, 5]);
  expect((await threeEpochs({ epochs: 5, checkpointEvery: 4, onEpoch: ({ epoch }) => (epoch === 2 ? 'stop' : null) })).map(({ epoch }) => epoch)).toEqual([3]);
  const bnn = make();
  const states: unknown[] = [];
  const checkpoints: FitCheckpoint[] = [];
  await train(bnn, 3, { epochs: 2, onEpoch: () => states.push(bnn.paramStore.getState()), onCheckpoint: (checkpoint) => checkpoints.push(checkpoint) });
  for (const [i, { bytes }] of checkpoints.entries()) {
    const other = make();
    await other.load(bytes);
    expect(other.paramStore.getState()).toEqual(states[i]);
  }
  const onCheckpoint = () => {
    throw new Error('nothing was done');
  };
  const done = await make().fit({ x: x(), y: y() }, { optim: adam(), epochs: 2, batchSize: 5, resume: checkpoints[1]!.bytes, onCheckpoint });
  expect(done.losses).toEqual(checkpoints[1]!.losses);
});

test('leave no tensors behind', async () => {
  const bnn = make();
  const data = { x: x(), y: y() };
  const kept: FitCheckpoint[] = [];
  await train(bnn, 1, { epochs: 1 }, data);
  await expectNoLeak(() => train(bnn, 1, { epochs: 2, onCheckpoint: (checkpoint) => kept.push(checkpoint) }, data));
  await expectNoLeak(() => train(bnn, 1, { epochs: 3, resume: kept[0]!.bytes }, data));
});

describe('refused, and nothing is changed', () => {
  const refused = async (bnn: Bnn, options: Partial<FitOptions>, message: RegExp) => {
    const optimizer = options.optim ?? adam();
    const [before, state] = [await everything(bnn), optimizer.getState()];
    await expect(train(bnn, 2, { ...options, optim: optimizer })).rejects.toThrow(message);
    expect((await everything(bnn)).equals(before)).toBe(true);
    expect(optimizer.getState()).toEqual(state);
  };
  let resume: Uint8Array;
  beforeAll(async () => {
    resume = (await threeEpochs())[2]!.bytes;
  });

  test.each<[string, () => Bnn, Partial<FitOptions>, RegExp]>([
    ['another network', () => make(4), {}, /nothing was changed: it is of another network: .*shape \[3\] in the file/],
    ['another guide', () => make(3, autoguides.AutoDelta as never), {}, /it is of another network/],
    ['another optimiser', make as never, { optim: optim.sgd({ lr: 0.1 }) }, /optim\.sgd: the state given is one of optim\.adam/],
    ['another size of batches', make as never, { batchSize: 4 }, /of training with batchSize 5, but here it is 4; pass what was passed then/],
    ['other particles', make as never, { numParticles: 3 }, /with numParticles 1, but here it is 3/],
    ['another divergence', make as never, { closedFormKl: false }, /with closedFormKl true, but here it is false/],
  ])('a checkpoint of %s', async (_, one, options, message) => {
    await refused(one(), { ...options, resume }, message);
  });

  test('a checkpoint of other data, files without training, damaged ones', async () => {
    const bnn = make();
    bnn.likelihood.datasetSize = 20;
    await refused(bnn, { resume }, /with datasetSize 10, but here it is 20/);
    await refused(make(), { resume: await make().toBytes() }, /it holds a network, but no training to resume/);
    await refused(make(), { resume: resume.slice(0, -9) }, /cannot load these bytes, and nothing was changed/);
    await refused(make(), { resume: join(folder, 'nowhere') }, /there is no such file/);
    await refused(make(), { checkpointEvery: 2 }, /checkpointEvery needs onCheckpoint/);
    await refused(make(), { checkpointEvery: 0, onCheckpoint: () => undefined }, /checkpointEvery must be a positive integer, got 0/);
  });
});
