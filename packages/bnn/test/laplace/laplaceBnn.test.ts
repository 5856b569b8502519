/** @file Which networks a Laplace approximation takes, what it refuses, and what it leaves behind. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { input, layers, model, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, handlers as effects, optim, ready } from '@tychejs/ppl';
import { LaplaceBNN, McDropoutBNN, VariationalBNN, guides, likelihoods, priors } from '../../src/index.ts';
import type { LaplaceBNNOptions, Net } from '../../src/index.ts';
import { maximise } from '../../src/laplace/maximise.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { scramble, snapshot, wavy } from '../helpers/nets.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const gaussian = () => likelihoods.homoskedasticGaussian({ scale: 0.5 });
const values = (tensor: Tensor) => [...tensor.dataSync()];

/** 2-4-outputs with batch normalisation, whose statistics are not those of the data. */
function network(outputs = 1, last: object = {}): LayersModel {
  const net = sequential({
    layers: [
      layers.dense({ units: 4, activation: 'tanh', inputShape: [2] }),
      layers.batchNormalization({ name: 'norm' }),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: outputs, name: 'head', ...last }),
    ],
  });
  scramble(net);
  return net;
}

const make = (net: unknown, options: object = {}) =>
  new LaplaceBNN({ net, likelihood: gaussian(), ...options } as LaplaceBNNOptions<{ mean: Tensor; scale: Tensor }>);

/** A bent plane, with noise. */
const data = () => {
  const x = wavy([20, 2]);
  return { x, y: tf.add(tf.tanh(tf.sum(tf.mul(x, [2, -1]), 1, true)), tf.mul(wavy([20, 1], 99), 0.3)) };
};

describe('a trained VariationalBNN', () => {
  const variational = (guide: unknown, net: Net = network()) =>
    new VariationalBNN({ net, prior: priors.iid(dist.normal(0, 1), { hideLayers: ['norm'] }), likelihood: gaussian(), guide: guide as never });

  test.each([[null], [autoguides.AutoDelta]])('is taken with its weights and statistics, not those of the net it was made of', async (guide) => {
    const net = network();
    const bnn = variational(guide, net);
    await seeded(1, () => bnn.fit(data(), { optim: optim.adam({ lr: 0.05 }), epochs: 10 }));
    // The same net with what was learnt.
    const learnt = network();
    const state = new Map(bnn.lifted.state.map(({ name, value }) => [name, value()]));
    const named = ['dense1.kernel', 'dense1.bias', 'norm.gamma', 'norm.beta', 'head.kernel', 'head.bias'].map((name) => bnn.paramStore.get(bnn.paramStore.names().includes(name) ? name : `guide.${name}`));
    learnt.setWeights([...named, state.get('norm.movingMean')!, state.get('norm.movingVariance')!]);
    const [direct, through] = [make(learnt), new LaplaceBNN({ net: bnn })];
    const [a, b] = [await direct.fit(data()), await through.fit(data())];
    expect(b.logMarginalLikelihood).toBeCloseTo(a.logMarginalLikelihood, 4);
    const at = wavy([5, 2], 7);
    expect(values(through.predict(at).scale)).toEqual(values(direct.predict(at).scale).map((value) => expect.closeTo(value, 5)));
    expect(snapshot(net)).not.toEqual(snapshot(learnt));
    await bnn.fit(data(), { optim: optim.adam({ lr: 0.05 }), epochs: 1 });
    expect(() => through.predict(at)).toThrow(/the network was trained since laplace\.fit; call and await that again/);
    for (const each of [bnn, direct, through]) each.dispose();
  });

  test('that draws its weights is refused', () => {
    for (const guide of [guides.autoNormal(), autoguides.AutoMultivariateNormal]) {
      const bnn = variational(guide);
      expect(() => new LaplaceBNN({ net: bnn })).toThrow(/LaplaceBNN: the network given draws its weights.*guide: null, or AutoDelta/);
    }
    const dropping = new McDropoutBNN({ net: network(), likelihood: gaussian() });
    expect(() => new LaplaceBNN({ net: dropping })).toThrow(/draws its weights/);
  });
});

describe('a tf.LayersModel', () => {
  test('stays as it is; batches of all kinds, and the batch size, say the same; nothing leaks', async () => {
    const net = network();
    const before = snapshot(net);
    const { x, y } = data();
    const laplace = make(net);
    const halves = () => [0, 10].map((start) => [tf.slice(x, [start, 0], [10, 2]), tf.slice(y, [start, 0], [10, 1])] as const);
    const fits = [await expectNoLeak(() => laplace.fit({ x, y })), await expectNoLeak(() => laplace.fit({ x, y }, { batchSize: 3 })), await laplace.fit(halves()), await laplace.fit(halves)];
    for (const { logMarginalLikelihood, priorPrecision } of fits) {
      expect(logMarginalLikelihood).toBeCloseTo(fits[0]!.logMarginalLikelihood, 4);
      expect(priorPrecision / fits[0]!.priorPrecision).toBeCloseTo(1, 3);
    }
    const at = wavy([5, 2], 7);
    expectNoLeak(() => tf.dispose(laplace.predict(at)));
    expectNoLeak(() => tf.dispose(laplace.predict(at, { numSamples: 3 })));
    const targets = wavy([5, 1]);
    expectNoLeak(() => laplace.evaluate(at, targets));
    // The first compiled draws keep nothing but the program.
    expectNoLeak(() => tf.dispose(laplace.predict(at, { numSamples: 9, engine: 'compiled' })));
    expectNoLeak(() => laplace.dispose());
    expect(snapshot(net)).toEqual(before);
    net.setWeights(net.getWeights().map((weight) => tf.add(weight, 0.1)));
    const other = make(net);
    await other.fit({ x, y });
    net.setWeights(net.getWeights().map((weight) => tf.add(weight, 0.1)));
    expectNoLeak(() => expect(() => other.predict(at)).toThrow(/was trained since/));
  });

  test('draws are of the closed form\'s mean and variance; compiled as eagerly', async () => {
    const laplace = make(network());
    await laplace.fit(data());
    const at = wavy([5, 2], 7);
    const exact = laplace.predict(at);
    const count = 4000;
    const drawn = seeded(1, () => laplace.predict(at, { numSamples: count }));
    values(exact.mean).forEach((mean, i) => {
      const variance = values(exact.scale)[i]! ** 2 - 0.25;
      expect(Math.abs(values(drawn.mean)[i]! - mean)).toBeLessThan(4.5 * Math.sqrt(variance / count));
      expect(Math.abs(values(drawn.scale)[i]! ** 2 - 0.25 - variance)).toBeLessThan(4.5 * variance * Math.sqrt(2 / count));
    });
    const draws = (engine: 'compiled' | 'eager', seed = 2) => values(seeded(seed, () => laplace.predict(at, { numSamples: 10, aggregate: false, engine })).mean);
    draws('compiled').forEach((value, i) => expect(value).toBeCloseTo(draws('eager')[i]!, 5));
    expect(draws('eager', 3)).not.toEqual(draws('eager'));
    const [y, closed] = [wavy([5, 1]), laplace.evaluate(at, wavy([5, 1]))];
    expect(closed.error).toBeCloseTo(values(exact.mean).reduce((sum, mean, i) => sum + (mean - values(y)[i]!) ** 2 / 5, 0), 5);
    expect(Math.abs(seeded(1, () => laplace.evaluate(at, y, { numSamples: count })).logLikelihood - closed.logLikelihood)).toBeLessThan(0.02);
    laplace.dispose();
  });

  test('compiled draws know a new fit, with other noise', async () => {
    const laplace = make(network(), { likelihood: likelihoods.homoskedasticGaussian({ scale: dist.halfNormal(1) }) });
    const { x, y } = data();
    const scaleOf = () => values(laplace.predict(x, { numSamples: 8, aggregate: false, engine: 'compiled' }).scale)[0]!;
    const first = await laplace.fit({ x, y });
    expect(scaleOf()).toBeCloseTo(first.noiseScale!, 5);
    const second = await laplace.fit({ x, y: tf.mul(y, 3) });
    expect(scaleOf()).toBeCloseTo(second.noiseScale!, 5);
    expect(second.noiseScale).not.toBeCloseTo(first.noiseScale!, 1);
    laplace.dispose();
  });

  test('trainable noise is estimated, too', async () => {
    const laplace = make(network(), { likelihood: likelihoods.homoskedasticGaussian({ scale: 7, trainable: true }) });
    const { noiseScale } = await laplace.fit(data());
    expect(noiseScale).toBeLessThan(1);
  });

  test('with a model at its end, or a row of outputs for each step in time', async () => {
    const inner = sequential({ layers: [layers.dense({ units: 3, inputShape: [2] }), layers.dense({ units: 1, name: 'last', useBias: false })] });
    const nested = sequential({ layers: [layers.dense({ units: 2, activation: 'tanh', inputShape: [2] }), inner as never] });
    const laplace = make(nested);
    await laplace.fit(data());
    expect(laplace.predict(data().x).mean.shape).toEqual([20, 1]);
    const steps = sequential({ layers: [layers.dense({ units: 3, activation: 'tanh', inputShape: [4, 2] }), layers.dense({ units: 2 })] });
    scramble(steps);
    const flat = sequential({ layers: [layers.dense({ units: 3, activation: 'tanh', inputShape: [2] }), layers.dense({ units: 2 })] });
    scramble(flat);
    const [rows, each] = [make(steps), make(flat)];
    const [x, y] = [wavy([5, 4, 2]), wavy([5, 4, 2], 80)];
    const a = await rows.fit({ x, y });
    const b = await each.fit({ x: tf.reshape(x, [20, 2]), y: tf.reshape(y, [20, 2]) });
    expect(a.logMarginalLikelihood).toBeCloseTo(b.logMarginalLikelihood, 4);
    expect(rows.predict(x).mean.shape).toEqual([5, 4, 2]);
    expect(values(rows.predict(x).scale)).toEqual(values(each.predict(tf.reshape(x, [20, 2])).scale).map((value) => expect.closeTo(value, 5)));
    expect(rows.predict(x, { numSamples: 3, aggregate: false }).mean.shape).toEqual([3, 5, 4, 2]);
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'laplace-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([['full'], ['kronecker'], ['diagonal']])('of the posterior alone, to the last bit (%s)', async (structure) => {
    const classes = { likelihood: likelihoods.categorical(), structure };
    const [laplace, again] = [make(network(3), classes), make(network(3), classes)];
    const labels = tf.tensor1d(Array.from({ length: 20 }, (_, i) => i % 3), 'int32');
    const found = await laplace.fit({ x: data().x, y: labels });
    const path = join(folder, structure);
    await laplace.save(path);
    await expectNoLeak(() => again.load(path));
    const at = wavy([5, 2], 7);
    const predict = (each: typeof laplace) =>
      [{}, { numSamples: 3 }].map((options) => values(seeded(1, () => each.predict(at, options)) as unknown as Tensor));
    expect(predict(again)).toEqual(predict(laplace));
    expect(again.logMarginalLikelihood).toBe(found.logMarginalLikelihood);
    expect(again.logMarginalLikelihoodAt({ priorPrecision: 3 })).toBe(laplace.logMarginalLikelihoodAt({ priorPrecision: 3 }));
    expect(Buffer.from(await again.toBytes())).toEqual(Buffer.from(await laplace.toBytes()));
  });

  test('of other layers, damaged or foreign ones, are refused and change nothing', async () => {
    const laplace = make(network());
    await expect(laplace.save(join(folder, 'nothing'))).rejects.toThrow(/no posterior yet/);
    const { logMarginalLikelihood } = await laplace.fit(data());
    const bytes = await laplace.toBytes();
    const damaged = bytes.slice();
    damaged[damaged.length - 9]! ^= 1;
    const wider = make(network(2));
    await wider.fit({ x: data().x, y: wavy([20, 2]) });
    const foreign = new VariationalBNN({ net: network(), prior: priors.iid(dist.normal(0, 1)), likelihood: gaussian(), guide: null });
    await expectNoLeak(() => expect(laplace.load(damaged)).rejects.toThrow(/cannot load these bytes/));
    await expect(laplace.load(await wider.toBytes())).rejects.toThrow(/of another network: of a last layer "head" of 5 features and 2 outputs, where this one has "head" of 5 features and 1 outputs/);
    await expect(laplace.load(await foreign.toBytes())).rejects.toThrow(/no posterior of a last layer, as laplace\.save writes it/);
    await expect(laplace.load(join(folder, 'nowhere'))).rejects.toThrow(/no such file/);
    expect(laplace.logMarginalLikelihood).toBe(logMarginalLikelihood);
    const other = network();
    other.setWeights(other.getWeights().map((weight) => tf.add(weight, 0.5)));
    const elsewhere = make(other);
    await elsewhere.load(bytes);
    expect(() => elsewhere.predict(data().x)).toThrow(/was trained since/);
  });
});

describe('refused is', () => {
  const shared = (): LayersModel => {
    const head = layers.dense({ units: 2, name: 'head' });
    const x = input({ shape: [2] });
    return model({ inputs: x, outputs: head.apply(head.apply(x)) as never });
  };
  const frozen = (): LayersModel => {
    const net = network();
    net.layers.at(-1)!.trainable = false;
    return net;
  };
  const wide = () => sequential({ layers: [layers.dense({ units: 30, inputShape: [100] })] });

  test.each<[string, () => unknown, RegExp]>([
    ['an activation', () => make(network(2, { activation: 'softmax' }), { likelihood: likelihoods.categorical() }), /the last layer, "head", has the activation softmax, but outputs must be linear/],
    ['a last layer of another kind', () => make(sequential({ layers: [layers.dense({ units: 2, inputShape: [2] }), layers.reLU()] })), /the last layer, "reLU1", is ReLU, but must be Dense/i],
    ['another layer', () => make(network(), { layers: 'dense1' }), /layers is "dense1", but only the last layer's weights can be doubtful, those of "head"/],
    ['a frozen layer', () => make(frozen()), /the last layer, "head", is not trainable/],
    ['a function', () => make({ parameters: { w: tf.variable(tf.ones([2, 1])) }, forward: (x: Tensor) => x }), /no one layer that gives its output/],
    ['several outputs', () => {
      const x = input({ shape: [2] });
      return make(model({ inputs: x, outputs: [1, 2].map((units) => layers.dense({ units }).apply(x) as never) }));
    }, /no one layer that gives its output/],
    ['no network', () => make(3), /net must be a tf\.LayersModel/],
    ['a likelihood with another curvature', () => make(network(2), { likelihood: likelihoods.heteroskedasticGaussian() }), /likelihood must be categorical, bernoulli, poisson or homoskedasticGaussian/],
    ['probabilities', () => make(network(), { likelihood: likelihoods.bernoulli({ logits: false }) }), /logits: false, but the outputs of the last layer must be unbounded/],
    ['several levels of noise', () => make(network(2), { likelihood: likelihoods.homoskedasticGaussian({ scale: tf.tensor1d([1, 2]) }) }), /scale has 2 numbers, but must be one/],
    ['no likelihood', () => new LaplaceBNN({ net: network() }), /likelihood must be one of likelihoods/],
    ['an unknown structure', () => make(network(), { structure: 'low-rank' }), /unknown structure "low-rank"; take one of full, kronecker, diagonal/],
    ['a matrix too large', () => make(wide(), { likelihood: likelihoods.categorical() }), /101 weights for each of 30 outputs asks for the eigenvalues of a matrix of 3030 rows.*take structure: 'kronecker'/],
    ['a precision of zero', () => make(network(), { priorPrecision: 0 }), /priorPrecision, if not 'marginalLikelihood', must be positive and finite, got 0/],
    ['a layer by number', () => make(network(), { layers: 1 }), /layers must be 'last', or the name/],
    ['an option misspelt', () => make(network(), { priorPrecison: 1 }), /Did you mean "priorPrecision"/],
  ])('%s', (_, body, message) => {
    expect(body).toThrow(message);
  });

  test('what is small enough in its structure', () => {
    make(wide(), { likelihood: likelihoods.categorical(), structure: 'kronecker' });
    make(wide());
    make(network(), { layers: 'head' });
  });

  test('a layer that is used twice, data that do not fit, and predictions before the fit', async () => {
    const laplace = make(network());
    const { x, y } = data();
    const [twice, wide] = [make(shared()), { x, y: wavy([20, 2]) }];
    await expectNoLeak(() => expect(twice.fit(wide)).rejects.toThrow(/"head", is used at 2 places of the net/));
    expect(() => laplace.predict(x)).toThrow(/there is no posterior yet; call and await fit\(data\)/);
    expect(() => laplace.logMarginalLikelihood).toThrow(/no posterior yet/);
    await expectNoLeak(() => expect(laplace.fit(wide)).rejects.toThrow(/targets of shape \[20, 1\]/));
    await expect(laplace.fit([])).rejects.toThrow(/there are no data/);
    await expect(laplace.fit({ x, y }, { batch: 3 } as never)).rejects.toThrow(/batch/);
    const found = await laplace.fit({ x, y });
    await expect(laplace.fit({ x, y: tf.mul(y, 2) }, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(laplace.logMarginalLikelihood).toBe(found.logMarginalLikelihood);
    expectNoLeak(() => {
      expect(() => laplace.predict(x, { aggregate: false })).toThrow(/without numSamples there are no draws/);
      expect(() => laplace.predict(x, { numSamples: 1.5 })).toThrow(/positive integer, got 1.5/);
      expect(() => laplace.predict(x, { draws: 2 } as never)).toThrow(/draws/);
      expect(() => laplace.logMarginalLikelihoodAt({ priorPrecision: -1 })).toThrow(/priorPrecision must be positive/);
    });
  });
});

test('the greatest value of a function, even of several tops, and at an end', () => {
  expect(maximise((x) => -((Math.log(x) - 1.3) ** 2), 1e-6, 1e6)).toBeCloseTo(Math.exp(1.3), 6);
  expect(maximise((x) => Math.exp(-((Math.log(x) + 3) ** 2)) + 1.1 * Math.exp(-((Math.log(x) - 3) ** 2)), 1e-6, 1e6)).toBeCloseTo(Math.exp(3), 4);
  expect(maximise((x) => x, 1, 10)).toBeCloseTo(10, 6);
});
