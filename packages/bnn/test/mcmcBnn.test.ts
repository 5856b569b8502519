/** @file Networks sampled by HMC and NUTS: fitting, predicting, keeping draws. How exact they are: exactness.test.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, handlers as effects, infer, ready } from '@tychejs/ppl';
import type { DrawStats, Engine } from '@tychejs/ppl';
import { McmcBNN, likelihoods, priors } from '../src/index.ts';
import { expectNoLeak } from './helpers/leak.ts';
import { line, lineData } from './helpers/linearRegression.ts';
import { scramble, snapshot, wavy } from './helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const values = (tensor: Tensor): number[] => [...tensor.dataSync()];
const statsOf = (bnn: McmcBNN<never>): DrawStats => (bnn as unknown as { predictions: { stats: DrawStats } }).predictions.stats;
const quick = { numSamples: 20, numWarmup: 30, seed: 1, executor: 'sequential' } as const;

function dense() {
  const net = sequential({ layers: [layers.dense({ units: 3, activation: 'tanh', inputShape: [2] }), layers.dense({ units: 1 })] });
  scramble(net);
  return net;
}

const data = () => ({ x: wavy([12, 2]) as Tensor2D, y: wavy([12, 1], 77) as Tensor2D });
const options = () => ({
  net: dense(),
  prior: priors.iid(dist.normal(0, 1)),
  likelihood: likelihoods.homoskedasticGaussian({ scale: 0.3 }),
  kernel: infer.NUTS,
});
const make = (others: object = {}): McmcBNN<never> => new McmcBNN({ ...options(), ...others }) as never;

/** Predictions of all draws, as plain numbers. */
function predict(bnn: McmcBNN<never>, x: Tensor, engine: Engine): { mean: number[]; scale: number[] } {
  return tf.tidy(() => {
    const { mean, scale } = seeded(5, () => bnn.predict(x, { engine, aggregate: false })) as { mean: Tensor; scale: Tensor };
    return { mean: values(mean), scale: values(scale) } as never;
  }) as unknown as { mean: number[]; scale: number[] };
}

/** The network by hand, for draw `i`. */
function byHand(bnn: McmcBNN<never>, x: Tensor2D, i: number): number[] {
  return tf.tidy(() => {
    const draw = (name: string): Tensor => {
      const { data: numbers, shape } = bnn.getSamples()[name]!;
      const size = numbers.length / shape[0]!;
      return tf.tensor(Float32Array.from(numbers.subarray(i * size, (i + 1) * size)), shape.slice(1));
    };
    const hidden = tf.tanh(tf.add(tf.matMul(x, draw('dense1.kernel') as Tensor2D), draw('dense1.bias')));
    return values(tf.add(tf.matMul(hidden as Tensor2D, draw('dense2.kernel') as Tensor2D), draw('dense2.bias'))) as never;
  }) as unknown as number[];
}

describe('predictions', () => {
  test('are the network at each draw, compiled and eager', async () => {
    const bnn = make();
    const { x, y } = data();
    await bnn.fit({ x, y }, quick);
    const expected = Array.from({ length: 20 }, (_, i) => byHand(bnn, x, i)).flat();
    expect(new Set(expected).size).toBeGreaterThan(100);
    for (const engine of ['compiled', 'eager'] as const) {
      const { mean, scale } = expectNoLeak(() => predict(bnn, x, engine));
      expect(statsOf(bnn).engine).toBe(engine);
      expect(mean).toHaveLength(expected.length);
      mean.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-5 * (1 + Math.abs(value))));
      expect(new Set(scale)).toEqual(new Set([Math.fround(0.3)]));
    }
    expect(statsOf(bnn).programs).toBe(1);
    bnn.dispose();
  });

  test('take evenly spaced draws, and no more than there are', async () => {
    const bnn = make();
    const { x, y } = data();
    await bnn.fit({ x, y }, quick);
    const { mean } = bnn.predict(x, { numSamples: 4, aggregate: false }) as { mean: Tensor };
    expect(mean.shape).toEqual([4, 12, 1]);
    const expected = [0, 5, 10, 15].flatMap((i) => byHand(bnn, x, i));
    values(mean).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
    expect(() => bnn.predict(x, { numSamples: 21 })).toThrow(/numSamples is 21, but there are 20 draws of the posterior/);
    expect(() => bnn.predict(x, { numSamples: 0 })).toThrow(/must be a positive integer/);
    expect(() => bnn.predict(x, { samples: 2 } as never)).toThrow(/unknown option "samples"/);
    bnn.dispose();
  });

  test('have the noise that was drawn with the weights, where it is unknown', async () => {
    const bnn = make({ likelihood: likelihoods.homoskedasticGaussian({ scale: dist.halfNormal(1) }), name: 'net' });
    const { x, y } = data();
    await bnn.fit({ x, y }, quick);
    const samples = bnn.getSamples();
    expect(Object.keys(samples)).toEqual(['net.dense1.kernel', 'net.dense1.bias', 'net.dense2.kernel', 'net.dense2.bias', 'net.likelihood.scale']);
    for (const engine of ['compiled', 'eager'] as const) {
      predict(bnn, x, engine).scale.forEach((value, i) => expect(value).toBeCloseTo(samples['net.likelihood.scale']!.data[i]!, 5));
    }
    expect(Object.keys(bnn.summary())).toContain('net.dense1.kernel[1,2]');
    bnn.dispose();
  });

  test('aggregated: mean of means, and noise and doubt together; evaluate measures them', async () => {
    const bnn = make();
    const { x, y } = data();
    await bnn.fit({ x, y }, quick);
    const all = predict(bnn, x, 'eager').mean;
    const { mean, scale } = bnn.predict(x) as unknown as { mean: Tensor; scale: Tensor };
    const column = (n: number) => Array.from({ length: 20 }, (_, i) => all[i * 12 + n]!);
    const average = (xs: number[]) => xs.reduce((a, b) => a + b, 0) / xs.length;
    for (let n = 0; n < 12; n++) {
      const centre = average(column(n));
      expect(mean.dataSync()[n]).toBeCloseTo(centre, 4);
      expect(scale.dataSync()[n]! ** 2).toBeCloseTo(0.09 + average(column(n).map((value) => (value - centre) ** 2)), 4);
    }
    const { error, logLikelihood } = expectNoLeak(() => bnn.evaluate(x, y));
    const squares = values(y).map((target, n) => (target - mean.dataSync()[n]!) ** 2);
    expect(error).toBeCloseTo(average(squares), 5);
    const deviations = values(scale);
    expect(logLikelihood).toBeCloseTo(average(squares.map((s, n) => -0.5 * (s / deviations[n]! ** 2 + Math.log(2 * Math.PI)) - Math.log(deviations[n]!))), 4);
    bnn.dispose();
  });

  test('change nothing, also when they throw (P51)', async () => {
    const net = dense();
    const before = snapshot(net);
    const bnn = make({ net, prior: priors.iid(dist.normal(0, 1), { hide: ['dense2.bias'] }) });
    const { x, y } = data();
    await bnn.fit({ x, y }, quick);
    const state = bnn.paramStore.getState();
    const samples = structuredClone(bnn.getSamples());
    const wrong = wavy([3, 5]);
    expectNoLeak(() => {
      predict(bnn, x, 'compiled');
      bnn.evaluate(x, y, { numSamples: 3 });
      expect(() => bnn.predict(wrong)).toThrow(/axis -1/);
      expect(() => bnn.evaluate(x, wrong)).toThrow(/targets of shape \[12, 1\], but they have \[3, 5\]/);
    });
    expect(bnn.paramStore.getState()).toEqual(state);
    expect(bnn.getSamples()).toEqual(samples);
    expect(snapshot(net)).toEqual(before);
    bnn.dispose();
  });
});

describe('fit', () => {
  test('leaves weights without a prior at what they are in the net', async () => {
    const net = dense();
    const bnn = make({ net, prior: priors.iid(dist.normal(0, 1), { exposeLayers: ['dense2'] }) });
    expect(bnn.siteNames).toEqual(['dense2.kernel', 'dense2.bias']);
    await bnn.fit(data(), quick);
    expect(Object.keys(bnn.getSamples())).toEqual(['dense2.kernel', 'dense2.bias']);
    const [kernel] = net.getWeights();
    expect(values(bnn.paramStore.get('dense1.kernel'))).toEqual(values(kernel!));
    bnn.dispose();
  });

  test('takes all batches as one, of whatever kind, and leaves no tensors behind', async () => {
    const { x, y } = data();
    const parts = [0, 5, 10].map((start) => [tf.slice(x, [start, 0], [Math.min(5, 12 - start), 2]), tf.slice(y, [start, 0], [Math.min(5, 12 - start), 1])] as const);
    const dataset = { iterator: async () => { let i = 0; return { next: async () => (i < 3 ? { value: { xs: tf.clone(parts[i]![0]), ys: tf.clone(parts[i++]![1]) }, done: false } : { value: null, done: true }) }; } };
    const bnn = make();
    const samples = async (given: never): Promise<unknown> => {
      await expectNoLeak(() => bnn.fit(given, quick));
      return bnn.getSamples();
    };
    const whole = await samples({ x, y } as never);
    expect(await samples(parts as never)).toEqual(whole);
    expect(await samples((() => parts) as never)).toEqual(whole);
    expect(await samples(dataset as never)).toEqual(whole);
    expect(await samples({ x: parts[0]![0], y: parts[0]![1] } as never)).not.toEqual(whole);
    await expect(bnn.fit([], quick)).rejects.toThrow(/bnn\.fit: there are no data/);
    bnn.dispose();
  });

  test('joins batches of nets with several inputs', async () => {
    const w = tf.variable(tf.scalar(0.5));
    const net = { parameters: { w }, forward: (x: Tensor | Tensor[], { w: weight }: Readonly<Record<string, Tensor>>) => tf.mul((x as Tensor[])[0]!, tf.mul((x as Tensor[])[1]!, weight!)) };
    const bnn = make({ net });
    const batch = (start: number) => [[wavy([4, 1], start), tf.ones([4, 1])], wavy([4, 1], start)] as never;
    await bnn.fit([batch(0), batch(20)] as never, quick);
    // y = x: the weight is 1, but for a deviation of 0.3 / sqrt(sum of x²).
    expect(Math.abs(bnn.summary()['w']!.mean - 1)).toBeLessThan(0.5);
    bnn.dispose();
  });

  test('has layers act as in prediction', async () => {
    const net = sequential({ layers: [layers.dense({ units: 3, inputShape: [2] }), layers.batchNormalization(), layers.dropout({ rate: 0.5 }), layers.dense({ units: 1 })] });
    scramble(net);
    const before = snapshot(net);
    const bnn = make({ net, prior: priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] }) });
    const { x, y } = data();
    await bnn.fit({ x, y }, quick);
    expect(bnn.diagnostics()).toHaveLength(1);
    // Batch statistics or dropout would make predictions depend on the other rows, or on the stream.
    const [all, few] = [predict(bnn, x, 'eager').mean, predict(bnn, tf.slice(x, [0, 0], [2, 2]), 'compiled').mean];
    for (let i = 0; i < 20; i++) expect(few[2 * i]).toBeCloseTo(all[12 * i]!, 4);
    expect(snapshot(net)).toEqual(before);
    bnn.dispose();
  });

  test('obeys handlers around the call', async () => {
    const bnn = make();
    const conditioned = effects.condition({ data: { 'dense2.bias': [0.25] } });
    await conditioned.run(() => bnn.fit([[data().x, data().y]], quick));
    expect(Object.keys(bnn.getSamples())).toEqual(['dense1.kernel', 'dense1.bias', 'dense2.kernel']);
    bnn.dispose();
  });

  test('aborted keeps the draws of the call before', async () => {
    const bnn = make();
    await bnn.fit(data(), quick);
    const before = bnn.getSamples();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(bnn.fit(data(), { ...quick, signal })).rejects.toThrow('enough');
    expect(bnn.getSamples()).toEqual(before);
    expect(bnn.mcmc.checkpoint()).toBeDefined();
    await expect(bnn.fit(data(), { ...quick, samples: 3 } as never)).rejects.toThrow(/unknown option "samples"/);
    bnn.dispose();
  });

  test('gives the run, whose summary and diagnostics are the network\'s', async () => {
    const bnn = make({ net: line(3), likelihood: likelihoods.homoskedasticGaussian({ scale: 0.5 }), kernel: (model: never) => new infer.HMC(model) });
    const mcmc = await bnn.fit(lineData(40, 0.5), { numSamples: 1000, numWarmup: 200, numChains: 2, seed: 4 });
    expect(mcmc).toBe(bnn.mcmc);
    expect(bnn.diagnostics()).toEqual(mcmc.diagnostics());
    expect(bnn.diagnostics()).toHaveLength(2);
    expect(bnn.warnings()).toEqual([]);
    expect(bnn.summary()).toEqual(mcmc.summary());
    expect(Object.keys(bnn.summary())).toEqual(['dense1.kernel[0,0]', 'dense1.kernel[1,0]', 'dense1.kernel[2,0]']);
    bnn.dispose();
  });
});

describe('draws in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tyche-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'draws.safetensors');
  const hidden = priors.iid(dist.normal(0, 1), { hide: ['dense2.bias'] });

  test('make the same predictions in another network, which need not have been fitted', async () => {
    const [bnn, other] = [make({ prior: hidden }), make({ prior: hidden, net: line2() })];
    const { x, y } = data();
    await bnn.fit({ x, y }, quick);
    await expectNoLeak(() => bnn.save(path));
    await expectNoLeak(() => other.load(path));
    expect(predict(other, x, 'eager')).toEqual(predict(bnn, x, 'eager'));
    expect(other.evaluate(x, y)).toEqual(bnn.evaluate(x, y));
    expect(() => other.summary()).toThrow(/nothing was sampled yet; call and await fit\(\)/);
    bnn.dispose();
    other.dispose();
  });

  /** Of the same build, with other weights. */
  function line2() {
    const net = dense();
    scramble(net, 500);
    return net;
  }

  test.each<[string, () => object, RegExp]>([
    ['more weights', () => ({ prior: priors.iid(dist.normal(0, 1)) }), /of another network: the file has "params\.dense2\.bias", which is nothing of this network's/],
    ['an unknown scale', () => ({ prior: hidden, likelihood: likelihoods.homoskedasticGaussian({ scale: dist.halfNormal(1) }) }), /the file has no "draws\.likelihood\.scale"/],
    [
      'other shapes',
      () => ({ prior: hidden, net: sequential({ layers: [layers.dense({ units: 4, inputShape: [2] }), layers.dense({ units: 1 })] }) }),
      /"draws\.dense1\.kernel" has shape \[20, 2, 3\] in the file, but must have \[20, 2, 4\]/,
    ],
  ])('of a network that has %s are refused', async (_, others, message) => {
    const bnn = make(others());
    const state = bnn.paramStore.getState();
    await expectNoLeak(() => expect(bnn.load(path)).rejects.toThrow(message));
    expect(bnn.paramStore.getState()).toEqual(state);
    expect(() => bnn.predict(wavy([1, 2]))).toThrow(/no draws/);
    bnn.dispose();
  });
});

describe('refuses, saying what to do', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['no options', () => new McmcBNN(undefined as never), /needs options \{ net, prior, likelihood, kernel \}/],
    ['a misspelt option', () => make({ kernels: infer.NUTS }), /unknown option "kernels"\. Did you mean "kernel"/],
    ['a distribution for a prior', () => make({ prior: dist.normal(0, 1) }), /prior must be one of priors\.\*/],
    ['a distribution for a likelihood', () => make({ likelihood: dist.normal(0, 1) }), /likelihood must be one of likelihoods\.\*/],
    ['no kernel', () => make({ kernel: undefined }), /kernel must be a function that makes one, such as \(model\) => new infer\.NUTS\(model\).*got undefined/],
    ['a function that makes none', () => make({ kernel: () => 3 }), /kernel was to make a kernel, such as new infer\.NUTS\(model\), but made number/],
    ['a number for a name', () => make({ name: 3 }), /name must be a string/],
    ['predictions before fit', () => make().predict(wavy([1, 2])), /no draws of the posterior yet; call and await fit\(\), or load\(\)/],
    ['measures before fit', () => make().evaluate(wavy([1, 2]), wavy([1, 1])), /no draws of the posterior yet/],
    ['a summary before fit', () => make().summary(), /nothing was sampled yet/],
  ])('%s', (_, attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
