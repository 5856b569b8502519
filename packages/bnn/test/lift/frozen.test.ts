/** @file What is not trained, or not changed: frozen weights, statistics in predictions; and networks from files. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, handlers as effects, optim, ready } from '@tychejs/ppl';
import fc from 'fast-check';
import { VariationalBNN, guides, likelihoods, priors } from '../../src/index.ts';
import type { Net } from '../../src/index.ts';
import { lift } from '../../src/lift/lift.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { inputOf, netRecipes, ownValues, scramble, single, snapshot, wavy } from '../helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const values = (tensor: Tensor): number[] => [...tensor.dataSync()];

function make(net: Net, filter: priors.PriorFilter = {}) {
  return new VariationalBNN({
    net,
    prior: priors.iid(dist.normal(0, 1), filter),
    likelihood: likelihoods.homoskedasticGaussian({ scale: 1, eventDim: 0 }),
    guide: guides.autoNormal(),
  });
}

const data = () => ({ x: wavy([6, 2]), y: wavy([6, 1], 50) });
const train = (bnn: ReturnType<typeof make>, engine: 'compiled' | 'eager' = 'eager') => bnn.fit(data(), { optim: optim.adam({ lr: 0.1 }), epochs: 3, engine });

function network(): LayersModel {
  const net = sequential({ layers: [layers.dense({ name: 'a', units: 2, inputShape: [2] }), layers.dense({ name: 'b', units: 1 })] });
  scramble(net);
  return net;
}

describe('weights stay as they are', () => {
  test.each([
    ['of a layer with trainable: false', (net: LayersModel) => { net.layers[0]!.trainable = false; }, ['b.kernel', 'b.bias']],
    ['of which that is said one by one', (net: LayersModel) => { net.layers[0]!.weights[0]!.trainable = false; }, ['a.bias', 'b.kernel', 'b.bias']],
    ['of a net with trainable: false but for one layer', (net: LayersModel) => { for (const layer of net.layers.slice(0, 1)) layer.trainable = false; }, ['b.kernel', 'b.bias']],
  ])('%s', async (_, freeze, sampled) => {
    const net = network();
    freeze(net);
    const before = snapshot(net);
    const bnn = make(net);
    expect(bnn.siteNames).toEqual(sampled);
    await train(bnn);
    expect(snapshot(net)).toEqual(before);
    expect(bnn.paramStore.names().some((name) => name.includes('a.kernel'))).toBe(false);
    expect(() => make(net, { hide: ['a.kernel'] })).toThrow(/"a.kernel" in hide matches no trainable parameter; there are .*b.kernel/);
  });

  test.each(['eager', 'compiled'] as const)('of which a note says so, for one training (%s); others without a prior are trained', async (engine) => {
    const bnn = make(network(), { exposeLayers: ['b'] });
    const read = () => ['a.kernel', 'a.bias'].map((name) => values(bnn.paramStore.get(name)));
    const [kernel, bias] = read();
    const frozen = effects.inferConfig({ config: (site) => (site.name === 'a.kernel' ? { trainable: false } : {}) });
    await frozen.run(() => train(bnn, engine));
    expect(read()[0]).toEqual(kernel);
    expect(read()[1]).not.toEqual(bias);
    await train(bnn, engine);
    expect(read()[0]).not.toEqual(kernel);
  });

  test('of a function whose variable is not trainable, and they go to a file', async () => {
    const build = (offset: number) => ({
      parameters: { slope: tf.variable(tf.ones([2, 1])), offset: tf.variable(tf.tensor1d([offset]), false) },
      forward: (x: Tensor | Tensor[], { slope, offset: shift }: Readonly<Record<string, Tensor>>) => tf.add(tf.matMul(x as tf.Tensor2D, slope as tf.Tensor2D), shift!),
    });
    const [bnn, other] = [make(build(5)), make(build(7))];
    expect(bnn.siteNames).toEqual(['slope']);
    await train(bnn);
    const predict = (each: typeof bnn) => values(each.predict(tf.zeros([1, 2]), { numSamples: 1 }).mean)[0];
    expect([predict(bnn), predict(other)]).toEqual([5, 7]);
    await other.load(await bnn.toBytes());
    expect(predict(other)).toBe(5);
    expect(values(build(7).parameters.offset)).toEqual([7]);
    // Mean and deviation of the slope, and the value that was read.
    expectNoLeak(() => other.dispose(), -3);
  });
});

test('prediction and evaluation change nothing, whatever the net; nor do they when they fail (P51)', () => {
  fc.assert(
    fc.property(netRecipes, (recipe) => {
      const net = recipe.make();
      const bnn = make(net);
      const x = inputOf(recipe);
      const y = tf.zerosLike(net.predict(x) as Tensor);
      // Statistics of its own, as training leaves them behind.
      const { lifted } = (bnn as unknown as { net: { lifted: ReturnType<typeof lift> } }).net;
      tf.tidy(() => lifted.forward(x, ownValues(lifted), { training: true }));
      const everything = () => [snapshot(net), lifted.state.map(({ value }) => values(value())), bnn.paramStore.names().map((name) => tf.tidy(() => values(bnn.paramStore.get(name))))];
      const before = everything();
      const wrong = tf.zeros([2, ...recipe.inputShape, 1]);
      expectNoLeak(() => {
        tf.dispose(bnn.predict(x, { numSamples: 2 }));
        bnn.evaluate(x, y, { numSamples: 2 });
        expect(() => bnn.predict(wrong, { numSamples: 2 })).toThrow();
      });
      expect(everything()).toEqual(before);
      bnn.dispose();
      net.dispose();
    }),
    { numRuns: 15, seed: 51 },
  );
});

test('a network from a file is the one that was saved, names and all', async () => {
  const net = sequential({
    layers: [
      layers.conv1d({ name: 'front', filters: 2, kernelSize: 2, inputShape: [4, 1] }),
      layers.batchNormalization(),
      layers.lstm({ units: 2, recurrentInitializer: 'glorotNormal' }),
      layers.dense({ units: 1 }),
    ],
  });
  scramble(net);
  let artifacts: tf.io.ModelArtifacts | undefined;
  await net.save(
    tf.io.withSaveHandler((saved) => {
      artifacts = saved;
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
    }),
  );
  const loaded = await loadLayersModel(tf.io.fromMemory(artifacts!));
  expect(lift(loaded).parameters.map(({ name }) => name)).toEqual(lift(net).parameters.map(({ name }) => name));
  tf.tidy(() => {
    const x = wavy([3, 4, 1]);
    expect(values(single(lift(loaded).forward(x, ownValues(lift(loaded)), { training: false })))).toEqual(values(net.predict(x) as Tensor));
  });
  const bnn = new VariationalBNN({ net: loaded, prior: priors.iid(dist.normal(0, 1), { hideLayers: ['front'] }), likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }), guide: autoguides.AutoDelta });
  expect(bnn.siteNames[0]).toBe('batchNormalization1.gamma');
});
