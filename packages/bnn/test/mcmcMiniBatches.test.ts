/** @file Networks sampled by SGLD and SGHMC on mini-batches. The chains themselves: ppl's tests of infer/sgmcmc. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, infer, ready } from '@tychejs/ppl';
import { McmcBNN, likelihoods, priors } from '../src/index.ts';
import type { FitData, NetKernel, NetModel } from '../src/index.ts';
import { expectNoLeak } from './helpers/leak.ts';
import { exactPosterior, line, lineData, solve } from './helpers/linearRegression.ts';
import { scramble, snapshot, wavy } from './helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const sigma = 0.5;
const sghmc = (model: NetModel) => new infer.SGHMC(model, { stepSize: 1e-3, friction: 0.1 });
const quick = { numSamples: 6, numBurnIn: 6, seed: 1 } as const;

function dense(start = 0) {
  const net = sequential({ layers: [layers.dense({ units: 3, activation: 'tanh', inputShape: [2] }), layers.dense({ units: 1 })] });
  scramble(net, start);
  return net;
}

const data = () => ({ x: wavy([12, 2]) as Tensor2D, y: wavy([12, 1], 77) as Tensor2D });
const make = <K extends NetKernel>(kernel: (model: NetModel) => K, others: object = {}) =>
  new McmcBNN({ net: dense(), prior: priors.iid(dist.normal(0, 1)), likelihood: likelihoods.homoskedasticGaussian({ scale: 0.3 }), kernel, ...others });
const samplesOf = (bnn: { getSamples(): Record<string, { data: Float64Array }> }): Record<string, number[]> =>
  Object.fromEntries(Object.entries(bnn.getSamples()).map(([name, { data: numbers }]) => [name, [...numbers]]));

/** The data in batches. */
const cut = ({ x, y }: { x: Tensor; y: Tensor }, size: number): [Tensor, Tensor][] => {
  const [xs, ys] = [x, y].map((all) => tf.split(all, all.shape[0]! / size)) as [Tensor[], Tensor[]];
  return xs.map((part, i) => [part, ys[i]!]);
};

/** The rows in another order, the same for all tensors of 40. */
const shuffled = (x: Tensor): Tensor => tf.tidy(() => tf.gather(x, Array.from({ length: 40 }, (_, i) => (i * 17) % 40)));

test('linear regression on mini-batches: the posterior, which is known', async () => {
  const [stepSize, count] = [4e-3, 60];
  const given = lineData(count, sigma);
  const bnn = make((model) => new infer.SGHMC(model, { stepSize, friction: 0.1 }), { net: line(3), likelihood: likelihoods.homoskedasticGaussian({ scale: sigma }) });
  const parts = cut(given, 20);
  await expectNoLeak(() => bnn.fit(parts, { numSamples: 6000, numBurnIn: 300, thinning: 3, seed: 1 }));
  const { mean, precision } = exactPosterior(given, sigma);
  const summary = bnn.summary();
  mean.forEach((expected, i) => {
    const { mean: found, sd, mcseMean } = summary[`dense1.kernel[${i},0]`]!;
    expect(Math.abs(found - expected)).toBeLessThan(4.5 * mcseMean);
    const variance = solve(precision.map((row) => [...row]), mean.map((_, j) => Number(i === j)))[i]!;
    // 2000 draws, half of them as good as independent: an sd is known to 2.2 %. 4.5 times that, and 5 % for the error of the steps.
    expect(Math.abs(sd / Math.sqrt(variance) - 1)).toBeLessThan(0.15);
  });
  tf.dispose([given, parts]);
  bnn.dispose();
});

test('a network predicts as one sampled by NUTS does', async () => {
  const xs = Array.from({ length: 40 }, (_, i) => -1 + i / 20);
  const x = tf.tensor2d(xs, [40, 1]);
  const y = tf.tensor2d(xs.map((v, i) => Math.sin(3 * v) + 0.2 * Math.cos(17 * i)), [40, 1]);
  const net = sequential({ layers: [layers.dense({ units: 5, inputShape: [1], activation: 'tanh' }), layers.dense({ units: 1 })] });
  // Chains begin where it is.
  scramble(net);
  const noise = 0.2;
  const options = () => ({ net, likelihood: likelihoods.homoskedasticGaussian({ scale: noise }) });
  const byNuts = make((model) => new infer.NUTS(model), options());
  await byNuts.fit({ x, y }, { numSamples: 300, numWarmup: 200, seed: 1, executor: 'sequential' });
  const bySghmc = make((model) => new infer.SGHMC(model, { stepSize: 3e-4 }), options());
  const parts = cut({ x: shuffled(x), y: shuffled(y) }, 20);
  await bySghmc.fit(parts, { numSamples: 6000, numBurnIn: 500, thinning: 30, seed: 1 });
  expect(bySghmc.mcmc.stats?.engine).toBe('compiled');
  const [nuts, chain] = [byNuts, bySghmc].map((bnn) => tf.tidy(() => {
    const { mean, scale } = bnn.predict(x) as { mean: Tensor; scale: Tensor };
    return { mean: [...mean.dataSync()], scale: [...scale.dataSync()] } as never;
  }) as { mean: number[]; scale: number[] }) as [{ mean: number[]; scale: number[] }, { mean: number[]; scale: number[] }];
  nuts.mean.forEach((value, i) => {
    // Of these draws some 100 are as good as independent, of those by NUTS some 150: 4.5 standard errors of a difference of means.
    const spread = Math.sqrt(nuts.scale[i]! ** 2 - noise ** 2);
    expect(Math.abs(value - chain.mean[i]!) / spread).toBeLessThan(4.5 * Math.sqrt(1 / 100 + 1 / 150));
    expect(Math.abs(chain.scale[i]! / nuts.scale[i]! - 1)).toBeLessThan(0.12);
  });
  tf.dispose([x, y, parts]);
  byNuts.dispose();
  bySghmc.dispose();
});

test('data of every kind are gone through batch by batch, scaled to all of them, and leave no tensors behind', async () => {
  const { x, y } = data();
  const parts = [0, 6].map((start) => [tf.slice(x, [start, 0], [6, 2]), tf.slice(y, [start, 0], [6, 1])] as const);
  const dataset = {
    iterator: async () => {
      let i = 0;
      return { next: async () => (i < 2 ? { value: { xs: tf.clone(parts[i]![0]), ys: tf.clone(parts[i++]![1]) }, done: false } : { value: null, done: true }) };
    },
  };
  const draws = async (given: FitData, datasetSize?: number): Promise<Record<string, number[]>> => {
    const bnn = make(sghmc, datasetSize === undefined ? {} : { likelihood: likelihoods.homoskedasticGaussian({ scale: 0.3, datasetSize }) });
    await expectNoLeak(() => bnn.fit(given, quick));
    const samples = samplesOf(bnn);
    bnn.dispose();
    return samples;
  };
  const inBatches = await draws(parts);
  expect(await draws(() => parts, 12)).toEqual(inBatches);
  expect(await draws(dataset, 12)).toEqual(inBatches);
  expect(await draws(parts, 24)).not.toEqual(inBatches);
  expect(await draws({ x, y })).not.toEqual(inBatches);
  const bnn = make(sghmc);
  await expect(bnn.fit(() => parts, quick)).rejects.toThrow(/bnn\.fit: the number of data is not known.*give the likelihood a datasetSize/);
  await expect(bnn.fit(parts, { ...quick, batchSize: 3 })).rejects.toThrow(/batchSize is for data given as \{ x, y \}/);
  bnn.dispose();
});

test('chains begin at the weights of the net; weights without a prior stay there', async () => {
  const net = dense(40);
  const before = snapshot(net);
  const bnn = make((model) => new infer.SGLD(model, { stepSize: 1e-12 }), {
    net,
    name: 'net',
    prior: priors.iid(dist.normal(0, 1), { hide: ['dense2.bias'] }),
    likelihood: likelihoods.homoskedasticGaussian({ scale: dist.halfNormal(1) }),
  });
  await bnn.fit(data(), { numSamples: 2, numBurnIn: 0, seed: 1, batchSize: 4 });
  const samples = bnn.getSamples();
  expect(Object.keys(samples)).toEqual(['net.dense1.kernel', 'net.dense1.bias', 'net.dense2.kernel', 'net.likelihood.scale']);
  before.slice(0, 3).forEach((weights, k) => {
    const { data: numbers } = Object.values(samples)[k]!;
    weights.forEach((weight, i) => expect(Math.abs(numbers[i]! - weight)).toBeLessThan(1e-4));
  });
  expect([...bnn.paramStore.get('dense2.bias').dataSync()]).toEqual(before[3]);
  expect(snapshot(net)).toEqual(before);
  await bnn.fit(data(), { numSamples: 1, numBurnIn: 0, seed: 1, initStrategy: 'zero' });
  for (const value of bnn.getSamples()['net.dense1.kernel']!.data) expect(Math.abs(value)).toBeLessThan(1e-4);
  bnn.dispose();
});

test('batch normalisation acts as in prediction; its statistics and parameters go to files with the draws', async () => {
  const normalised = (start: number) => {
    const net = sequential({ layers: [layers.dense({ units: 3, inputShape: [2] }), layers.batchNormalization(), layers.dense({ units: 1 })] });
    scramble(net, start);
    return net;
  };
  const prior = () => priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] });
  const net = normalised(0);
  const before = snapshot(net);
  const bnn = make(sghmc, { net, prior: prior() });
  const { x, y } = data();
  await expectNoLeak(() => bnn.fit({ x, y }, { ...quick, batchSize: 4 }));
  expect(snapshot(net)).toEqual(before);
  const other = make(sghmc, { net: normalised(300), prior: prior() });
  const bytes = await bnn.toBytes();
  // The two moving statistics are the network's own from now on.
  await expectNoLeak(() => other.load(bytes), 2);
  const predictions = [bnn, other].map((each) => [...(each.predict(x, { aggregate: false }) as unknown as { mean: Tensor }).mean.dataSync()]);
  expect(predictions[1]).toEqual(predictions[0]);
  expect(new Set(predictions[0]).size).toBeGreaterThan(12);
  const plain = make(sghmc);
  await expect(plain.load(bytes)).rejects.toThrow(/of another network/);
  await expect(plain.load(await plain.paramStore.toBytes())).rejects.toThrow(/it holds parameters, but no draws saved by McmcBNN/);
  for (const each of [bnn, other, plain]) each.dispose();
});

describe('a run that was stopped goes on', () => {
  test('on mini-batches, bit for bit', async () => {
    const options = { numSamples: 12, numBurnIn: 6, numChains: 2, seed: 1, batchSize: 5 } as const;
    const whole = make(sghmc);
    await whole.fit(data(), options);
    const controller = new AbortController();
    let draws = 0;
    const first = make(sghmc);
    const stopping = first.fit(data(), { ...options, signal: controller.signal, onSample: () => ++draws === 17 && controller.abort() });
    await expect(stopping).rejects.toThrow(/abort/i);
    const second = make(sghmc);
    const resume = await first.mcmc.checkpoint();
    const given = data();
    const mcmc = await expectNoLeak(() => second.fit(given, { ...options, resume }));
    expect(mcmc).toBe(second.mcmc);
    expect(samplesOf(second)).toEqual(samplesOf(whole));
    for (const bnn of [whole, first, second]) bnn.dispose();
  });

  test('by NUTS', async () => {
    const options = { numSamples: 20, numWarmup: 10, seed: 1, executor: 'sequential' } as const;
    const nuts = (model: NetModel) => new infer.NUTS(model);
    const [short, long, whole] = [make(nuts), make(nuts), make(nuts)];
    await short.fit(data(), { ...options, numSamples: 8 });
    await long.fit(data(), { ...options, resume: short.mcmc.checkpoint() });
    await whole.fit(data(), options);
    expect(samplesOf(long)).toEqual(samplesOf(whole));
    for (const bnn of [short, long, whole]) bnn.dispose();
  });
});

test('options of the one kind of kernel are refused by the other, saying what to do', async () => {
  const nuts = make((model) => new infer.NUTS(model));
  const some = make(sghmc);
  await expect(nuts.fit(data(), { ...quick, batchSize: 4 } as never)).rejects.toThrow(/bnn\.fit: batchSize is for kernels that use mini-batches, infer\.SGLD and infer\.SGHMC/);
  await expect(some.fit(data(), { numSamples: 5, numWarmup: 5 } as never)).rejects.toThrow(/there is no numWarmup.*numBurnIn/);
  await expect(some.fit(data(), { ...quick, keepSamples: false } as never)).rejects.toThrow(/there is no keepSamples, since predictions are made from the draws/);
  await expect(some.fit(data(), { ...quick, sampels: 3 } as never)).rejects.toThrow(/unknown option "sampels"/);
  await expect(some.fit({ x: wavy([4, 2]), y: wavy([4, 2]) }, quick)).rejects.toThrow(/asks for targets of shape \[4, 1\], but they have \[4, 2\]/);
  expect(() => make(infer.SGHMC as never)).toThrow(/infer\.SGHMC: needs options, of which stepSize must be given/);
  expect(() => some.predict(wavy([1, 2]))).toThrow(/no draws of the posterior yet/);
  nuts.dispose();
  some.dispose();
});
