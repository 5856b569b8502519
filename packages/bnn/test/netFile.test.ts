import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, models, sequential } from '@tensorflow/tfjs-layers';
import { ParamStore, dist, guides as autoguides, handlers, optim, ready, storeWithDataToBytes } from '@tychejs/ppl';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VariationalBNN, guides, likelihoods, priors } from '../src/index.ts';
import type { FunctionNet, Net, VariationalBNNOptions } from '../src/index.ts';
import { expectNoLeak } from './helpers/leak.ts';
import { netRecipes, scramble, snapshot, wavy } from './helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const folder = mkdtempSync(join(tmpdir(), 'tyche-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Gaussian {
  readonly mean: Tensor;
  readonly scale: Tensor;
}
type Bnn = VariationalBNN<Gaussian>;
type Engine = 'eager' | 'compiled';

const unknownNoise = () => likelihoods.homoskedasticGaussian({ scale: dist.halfNormal(1) });

/** The last layer is a parameter, batch normalisation is learnt, and so is the noise. */
function make(net: Net, options: Partial<VariationalBNNOptions<Gaussian>> = {}): Bnn {
  return new VariationalBNN<Gaussian>({
    net,
    prior: priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'], hideLayers: ['head'] }),
    likelihood: unknownNoise() as never,
    guide: guides.autoNormal({ initScale: 0.1 }),
    ...options,
  });
}

/** With a frozen layer, batch normalisation and dropout. */
function build(start = 0, units = 3) {
  const net = sequential({
    layers: [
      layers.dense({ units: 3, inputShape: [2], trainable: false }),
      layers.dense({ units, activation: 'tanh' }),
      layers.batchNormalization({ momentum: 0.8 }),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 1, name: 'head' }),
    ],
  });
  scramble(net, start);
  return net;
}

const functionNet = (at: number): FunctionNet => ({
  parameters: { w: tf.variable(wavy([2, 3], at)), v: tf.variable(wavy([3, 1], at + 9)) },
  forward: (x, { w, v }) => tf.matMul(tf.tanh(tf.matMul(x as Tensor, w!)), v!),
});

const data = () => ({ x: wavy([8, 2]), y: wavy([8, 1], 70) });

const train = (bnn: Bnn, engine: Engine = 'compiled', epochs = 6) =>
  handlers.seed({ seed: 1 }).run(async () => {
    const { x, y } = data();
    await bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.05 }), epochs, batchSize: 4, engine });
    tf.dispose([x, y]);
  });

/** As numbers, draw by draw. */
function predict(bnn: Bnn, engine: Engine = 'eager', { inputShape = [2], numSamples = 8 } = {}): number[][] {
  return handlers.seed({ seed: 5 }).run(() =>
    tf.tidy(() => {
      const { mean, scale } = bnn.predict(wavy([5, ...inputShape], 33), { numSamples, engine, aggregate: false });
      return [mean, scale].map((each) => [...each.dataSync()]);
    }),
  );
}

describe('a network in a folder', () => {
  test.each<[string, (at: number) => Net, Partial<VariationalBNNOptions<Gaussian>>]>([
    ['batch normalisation, frozen and hidden layers, unknown noise', build, {}],
    ['a guide with bounds', build, { guide: guides.autoNormal({ maxGuideScale: 0.5 }), likelihoodGuide: autoguides.AutoDelta }],
    ['no guide', build, { guide: null }],
    ['a function for a net', functionNet, { prior: priors.iid(dist.normal(0, 1), { hide: ['v'] }) }],
  ])('of %s predicts, and is trained further, as it was', async (name, net, options) => {
    const path = join(folder, 'made', name);
    const [bnn, other] = [make(net(0), options), make(net(500), options)];
    await train(bnn);
    // What has programs already is to use the new numbers too.
    await train(other, 'compiled', 2);
    for (const engine of ['eager', 'compiled'] as const) expect(predict(other, engine)).not.toEqual(predict(bnn, engine));
    await expectNoLeak(() => bnn.save(path));
    expect(readdirSync(path).sort()).toEqual(['bnn.safetensors', 'model.json']);
    const fresh = make(net(900), options);
    await other.load(path);
    await fresh.load(path);
    for (const engine of ['eager', 'compiled'] as const) {
      const expected = predict(bnn, engine);
      expect(predict(other, engine)).toEqual(expected);
      expect(predict(fresh, engine)).toEqual(expected);
    }
    for (const each of [bnn, other, fresh]) await train(each, 'compiled', 3);
    const expected = predict(bnn);
    // Steps that are compiled before or after loading may differ by rounding.
    for (const each of [other, fresh]) {
      predict(each).forEach((values, k) => values.forEach((value, i) => expect(value).toBeCloseTo(expected[k]![i]!, 4)));
    }
    for (const each of [bnn, other, fresh]) each.dispose();
  });

  test('has a topology from which the net can be built, or none', async () => {
    const path = join(folder, 'topology');
    const bnn = make(build());
    await bnn.save(path);
    const json = JSON.parse(readFileSync(join(path, 'model.json'), 'utf8'));
    const net = await models.modelFromJSON(json);
    scramble(net, 77);
    const other = make(net);
    await other.load(path);
    expect(predict(other)).toEqual(predict(bnn));
    await make(functionNet(0), { prior: priors.iid(dist.normal(0, 1)) }).save(path);
    expect(readFileSync(join(path, 'model.json'), 'utf8')).toBe('null');
  });

  test('is replaced, other files beside it are not, and a net that cannot be described changes nothing', async () => {
    const path = join(folder, 'twice');
    const bnn = make(build());
    await bnn.save(path);
    writeFileSync(join(path, 'notes.txt'), 'kept');
    const net = build(9);
    const undescribed = make(net);
    net.toJSON = () => {
      throw new Error('no config');
    };
    await expect(undescribed.save(path)).rejects.toThrow(/does not say how it is built \(no config\); give its layers getConfig\(\), or keep.*toBytes/);
    const other = make(build(500));
    await other.load(path);
    expect(predict(other)).toEqual(predict(bnn));
    await train(bnn);
    await bnn.save(path);
    await other.load(path);
    expect(predict(other)).toEqual(predict(bnn));
    expect(readdirSync(path).sort()).toEqual(['bnn.safetensors', 'model.json', 'notes.txt']);
  });
});

describe('a network as bytes', () => {
  test('predicts as it was, whatever its layers; neither net given is changed', async () => {
    await fc.assert(
      fc.asyncProperty(netRecipes, fc.constantFrom('kernel', 'bias', 'gamma', 'none'), async (recipe, hidden) => {
        const nets = [0, 500].map((start) => {
          const net = sequential({ layers: [recipe.make(), layers.batchNormalization()] });
          scramble(net, start);
          return net;
        });
        const prior = priors.iid(dist.normal(0, 1), { hideFn: ({ role }: { role: string }) => role === hidden } as never);
        const [bnn, other] = nets.map((net) => make(net, { prior })) as [Bnn, Bnn];
        const [before, tensors] = [nets.map(snapshot), nets[0]!.weights.length - nets[0]!.trainableWeights.length];
        const bytes = await expectNoLeak(() => bnn.toBytes());
        // Each of the layers' variables that are not trained has a copy then.
        await expectNoLeak(() => other.load(bytes), tensors);
        await expectNoLeak(() => other.load(bytes));
        const few = { inputShape: recipe.inputShape, numSamples: 2 };
        expect(predict(other, 'eager', few)).toEqual(predict(bnn, 'eager', few));
        expect(nets.map(snapshot)).toEqual(before);
        expect(Buffer.from(await other.toBytes())).toEqual(Buffer.from(bytes));
        for (const each of [bnn, other, ...nets]) each.dispose();
      }),
      { numRuns: 15 },
    );
  });

  test.each(['eager', 'compiled'] as const)('is that of the moment while it is trained by %s steps', async (engine) => {
    const bnn = make(build());
    const moments: { bytes: Promise<Uint8Array>; predicted: number[][] }[] = [];
    const { x, y } = data();
    await bnn.fit({ x, y }, {
      optim: optim.adam({ lr: 0.05 }),
      epochs: 6,
      engine,
      onEpoch: () => void moments.push({ bytes: bnn.toBytes(), predicted: predict(bnn) }),
    });
    const other = make(build(500));
    for (const { bytes, predicted } of moments) {
      await other.load(await bytes);
      expect(predict(other)).toEqual(predicted);
    }
    expect(new Set(moments.map(({ predicted }) => String(predicted))).size).toBe(6);
  });
});

test('a network whose posterior has become its prior is loaded by one as it was in the beginning', async () => {
  const [bnn, other] = [make(build()), make(build(500))];
  const names = ['dense2.kernel', 'dense2.bias'];
  bnn.updatePrior(priors.dictionary((bnn.guide as autoguides.AutoNormal<[]>).getDetachedDistributions(names), { expose: names }));
  expect(bnn.description.weights.map(({ prior }) => prior)).toEqual(['normal([3, 3], [3, 3])', 'normal([3], [3])', null, null, null, null]);
  await other.load(await bnn.toBytes());
  expect(predict(other)).toEqual(predict(bnn));
});

describe('refuses, and changes nothing', () => {
  const refused = async (bnn: Bnn, source: Uint8Array | string, message: RegExp) => {
    const [state, before] = [bnn.paramStore.getState(), predict(bnn)];
    await expectNoLeak(() => expect(bnn.load(source)).rejects.toThrow(message));
    expect(bnn.paramStore.getState()).toEqual(state);
    expect(predict(bnn)).toEqual(before);
  };
  const standard = dist.normal(0, 1);

  test.each<[string, () => Bnn, RegExp]>([
    ['other shapes', () => make(build(0, 4)), /nothing was changed: it is of another network: "batchNormalization1\.gamma" has shape \[3\] in the file, but must have \[4\] in this network/],
    ['more sites', () => make(build(), { prior: priors.iid(standard) }), /another network: the prior of "batchNormalization1\.gamma" is none in the file, but normal\(0, 1\) in this network/],
    ['fewer sites', () => make(build(), { prior: priors.iid(standard, { hideLayerTypes: ['BatchNormalization'], hideLayers: ['head', 'dense2'] }) }), /the prior of "dense2\.kernel" is normal\(0, 1\) in the file, but none in this network/],
    ['priors of another family', () => make(build(), { prior: priors.lambda((name) => (/head|batch/.test(name) ? null : dist.studentT(3, 0, 1.5))) }), /the prior of "dense2\.kernel" is normal\(0, 1\) in the file, but studentT\(0, 1\.5, 3\) in this network/],
    ['another likelihood', () => make(build(), { likelihood: likelihoods.studentT({ scale: dist.halfNormal(1) }) as never }), /the likelihood is likelihoods\.homoskedasticGaussian in the file, but likelihoods\.studentT in this network/],
    ['known noise', () => make(build(), { likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }) as never }), /the file has "likelihoodGuide\.locs/],
    ['another guide', () => make(build(), { guide: autoguides.AutoDelta as never }), /the guide is guides\.AutoNormal in the file, but guides\.AutoDelta in this network/],
    ['no guide', () => make(build(), { guide: null }), /the guide is guides\.AutoNormal in the file, but none in this network/],
    ['a bounded guide', () => make(build(), { guide: guides.autoNormal({ maxGuideScale: 0.5 }) }), /"guide\.scales\.dense2\.kernel" is .* in the file, but .* in this network/],
    [
      'all layers trained',
      () => {
        const net = build();
        net.layers[0]!.trainable = true;
        return make(net);
      },
      /the file has no "guide\.locs\.dense1\.kernel", which this network needs/,
    ],
  ])('the file of a network by one with %s', async (_, one, message) => {
    const bytes = await make(build()).toBytes();
    await refused(one(), bytes, message);
  });

  test('files that are none', async () => {
    const bnn = make(build());
    await refused(bnn, join(folder, 'nowhere'), /cannot load ".*nowhere\/bnn\.safetensors".*there is no such file/);
    await refused(bnn, await bnn.paramStore.toBytes(), /these bytes.*it holds parameters, but not a network saved by bnn\.save/);
    const store = new ParamStore();
    await store.load(await bnn.toBytes());
    expect(store.names()).toEqual(bnn.paramStore.names());
    store.clear();
    await refused(bnn, new Uint8Array(5), /these bytes/);
  });

  test.each<[string, object, RegExp]>([
    ['another version', { kind: 'bnn', version: 2, state: {} }, /it has version 2 of the format of networks; this is version 1/],
    ['another kind', { kind: 'chains', version: 1, state: {} }, /not a network saved by/],
    ['half a description', { kind: 'bnn', version: 1, state: {}, description: { guide: null } }, /what it says of its network is not whole/],
    ['no state', { kind: 'bnn', version: 1 }, /does not say what the layers keep/],
    ['a state that is no array', { kind: 'bnn', version: 1, state: { a: { shape: [2], values: new Float32Array(3) } } }, /"state\.a" is no array of its shape/],
    ['a state that is of other layers', { kind: 'bnn', version: 1, state: { a: { shape: [], values: new Float32Array(1) } } }, /the file has "state\.a", which is nothing of/],
  ])('sound files with %s', async (_, described, message) => {
    const bnn = make(build());
    await refused(bnn, await storeWithDataToBytes(bnn.paramStore, described), message);
  });

  test('parameters alone, where they are those of another network', async () => {
    const [bnn, other] = [make(build(0, 4)), make(build())];
    const bytes = await other.paramStore.toBytes();
    const state = bnn.paramStore.getState();
    const shapes = /nothing was changed: it is of another network: "batchNormalization1\.gamma" has shape \[3\] in the file, but must have \[4\] in this network/;
    await expectNoLeak(() => expect(bnn.paramStore.load(bytes)).rejects.toThrow(shapes));
    expect(bnn.paramStore.getState()).toEqual(state);
    const names = make(build(), { guide: autoguides.AutoDelta as never });
    await expect(names.paramStore.load(bytes)).rejects.toThrow(/the file has "guide\.locs\..*", which is nothing of this network's/);
    const same = make(build(500));
    await same.paramStore.load(bytes);
    expect(same.paramStore.getState()).toEqual(other.paramStore.getState());
  });

  test('damage, wherever it is', async () => {
    const bnn = make(build(500));
    const bytes = await make(build()).toBytes();
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, flip, cut) => {
        const damaged = bytes.slice(0, cut ? at : bytes.length);
        if (!cut) damaged[at]! ^= flip;
        await refused(bnn, damaged, /cannot load these bytes, and nothing was changed/);
      }),
      { numRuns: 40 },
    );
  });
});
