import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { dist, getParamStore, guides as autoguides, handlers as effects, infer, optim, ready } from '@tychejs/ppl';
import type { SampleSite } from '@tychejs/ppl';
import { DropInBNN, VariationalBNN, guides, handlers, likelihoods, priors } from '../src/index.ts';
import { expectNoLeak } from './helpers/leak.ts';
import { exactPosterior, line, lineData, solve } from './helpers/linearRegression.ts';
import { scramble, snapshot, wavy } from './helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

const values = (tensor: Tensor) => [...tensor.dataSync()];
const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const cooling = (steps: number, lr = 0.05) => optim.schedule(optim.adam({ lr }), { decaySteps: steps });
const standard = priors.iid(dist.normal(0, 1));

const median = (bnn: { guide: { median(): Record<string, Tensor> } | null }, name = 'dense1.kernel') => values(bnn.guide!.median()[name]!);
const scales = (bnn: { paramStore: { get(name: string): Tensor } }, name = 'dense1.kernel') => values(bnn.paramStore.get(`guide.scales.${name}`));

describe.each(['cpu', 'wasm'] as const)('Bayesian linear regression on %s', (backend) => {
  beforeAll(() => ready({ backend }));
  afterAll(() => ready({ backend: 'cpu' }));

  test('in mini-batches has the exact mean, and deviations 1 / sqrt(diagonal of the precision)', async () => {
    const sigma = 0.5;
    const data = lineData(40, sigma);
    const exact = exactPosterior(data, sigma);
    const bnn = new VariationalBNN({
      net: line(3),
      prior: standard,
      likelihood: likelihoods.homoskedasticGaussian({ scale: sigma }),
      guide: guides.autoNormal({ initLoc: 0 }),
    });
    const { losses } = await seeded(1, () => bnn.fit(data, { optim: cooling(400), epochs: 200, batchSize: 20, numParticles: 8 }));
    expect(losses).toHaveLength(200);
    median(bnn).forEach((mean, i) => expect(Math.abs(mean - exact.mean[i]!)).toBeLessThan(1e-2));
    scales(bnn).forEach((scale, i) => expect(Math.abs(scale - exact.precision[i]![i]! ** -0.5)).toBeLessThan(1e-2));
    bnn.dispose();
  });
});

test('without a guide: maximum likelihood, by least squares', async () => {
  const data = lineData(40, 0.5);
  const bnn = new VariationalBNN({
    net: line(3),
    prior: standard,
    likelihood: likelihoods.homoskedasticGaussian({ scale: 0.5 }),
    guide: null,
  });
  expect(bnn.siteNames).toEqual([]);
  await bnn.fit(data, { optim: cooling(200, 0.1), epochs: 200 });
  // The posterior without its prior: X'X w = X'y.
  const { precision, mean } = exactPosterior(data, 1);
  const gram = precision.map((row, i) => row.map((value, j) => value - Number(i === j)));
  const right = precision.map((row) => row.reduce((sum, value, j) => sum + value * mean[j]!, 0));
  const expected = solve(gram, right);
  values(bnn.paramStore.get('dense1.kernel')).forEach((weight, i) => expect(weight).toBeCloseTo(expected[i]!, 2));
});

test('with a point for a guide: the posterior\'s mode', async () => {
  const data = lineData(10, 0.5);
  const bnn = new VariationalBNN({
    net: line(3),
    prior: standard,
    likelihood: likelihoods.homoskedasticGaussian({ scale: 0.5 }),
    guide: autoguides.AutoDelta,
  });
  await bnn.fit(data, { optim: cooling(120, 0.1), epochs: 120 });
  median(bnn).forEach((weight, i) => expect(weight).toBeCloseTo(exactPosterior(data, 0.5).mean[i]!, 2));
});

describe('unknown noise', () => {
  const make = () =>
    new VariationalBNN({
      net: line(3),
      prior: standard,
      likelihood: likelihoods.homoskedasticGaussian({ scale: dist.halfNormal(1) }),
      guide: guides.autoNormal({ initLoc: 0 }),
    });

  test('has a guide of its own, which does not see the weights', () => {
    const bnn = make();
    expect(Object.keys(bnn.likelihoodGuide!() as object)).toEqual(['likelihood.scale']);
    expect(Object.keys(bnn.guide!())).toEqual(['dense1.kernel']);
    expect(bnn.paramStore.names().filter((name) => name.startsWith('likelihoodGuide'))).toEqual([
      'likelihoodGuide.locs.likelihood.scale',
      'likelihoodGuide.scales.likelihood.scale',
    ]);
  });

  test('is learnt, and predictions use what was learnt rather than the prior', async () => {
    const sigma = 0.1;
    const data = lineData(200, sigma);
    const bnn = make();
    await seeded(2, () => bnn.fit(data, { optim: cooling(200, 0.1), epochs: 200 }));
    // The residuals are uniform on (-0.1, 0.1), of deviation 0.1 / sqrt(3); the posterior's own width is a twentieth of that.
    const learnt = values((bnn.likelihoodGuide as unknown as { median(): Record<string, Tensor> }).median()['likelihood.scale']!)[0]!;
    expect(Math.abs(learnt / (sigma / Math.sqrt(3)) - 1)).toBeLessThan(0.15);
    const { mean, scale } = seeded(3, () => bnn.predict(data.x, { numSamples: 50 }));
    expect(scale.shape).toEqual(mean.shape);
    for (const predicted of values(scale)) expect(Math.abs(predicted / learnt - 1)).toBeLessThan(0.2);
    const separate = seeded(3, () => bnn.predict(data.x, { numSamples: 4, aggregate: false }));
    expect([separate.mean.shape, separate.scale.shape]).toEqual([[4, 200, 1], [4, 1, 1]]);
    expect(new Set(values(separate.scale)).size).toBe(4);
  });

  test('is fitted by the guide that is given', () => {
    const bnn = new VariationalBNN({
      net: line(3),
      prior: standard,
      likelihood: likelihoods.homoskedasticGaussian({ precision: dist.gamma(2, 1) }),
      guide: autoguides.AutoDelta,
      likelihoodGuide: autoguides.AutoDelta,
    });
    expect(bnn.likelihoodGuide).toBeInstanceOf(autoguides.AutoDelta);
    expect(() =>
      new VariationalBNN({
        net: line(3),
        prior: standard,
        likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }),
        guide: autoguides.AutoDelta,
        likelihoodGuide: autoguides.AutoDelta,
      }),
    ).toThrow(/the likelihood has no unknowns/);
  });
});

describe('the prior', () => {
  const sigma = 0.3;
  const likelihood = likelihoods.homoskedasticGaussian({ scale: sigma });
  /** Inputs with orthogonal columns: the posterior is then mean-field itself. */
  const design = () => tf.tensor2d([[2, 0], [0, 1], [2, 0], [0, 1]]);
  const targets = () => tf.tensor2d([[1], [2], [3], [0.5]]);
  const rows = (x: Tensor, start: number) => tf.slice(x, [start], [2]);
  /** By seed, deviations stray from the exact ones by 0.015 with two particles, so by 0.005 with these. */
  const train = (bnn: VariationalBNN<unknown, autoguides.AutoNormal<[]>>, data: { x: Tensor; y: Tensor }) =>
    seeded(4, () => bnn.fit(data, { optim: cooling(200, 0.1), epochs: 200, numParticles: 16 }));
  const make = () => new VariationalBNN({ net: line(2), prior: standard, likelihood, guide: guides.autoNormal({ initLoc: 0, initScale: 0.2 }) });

  test('updated to the posterior, learning in two parts is learning from all at once', async () => {
    const [all, parts] = [make(), make()];
    await train(all as never, { x: design(), y: targets() });
    await train(parts as never, { x: rows(design(), 0), y: rows(targets(), 0) });
    parts.updatePrior(priors.dictionary(parts.guide!.getDetachedDistributions()));
    await train(parts as never, { x: rows(design(), 2), y: rows(targets(), 2) });
    const exact = exactPosterior({ x: design(), y: targets() }, sigma);
    for (const bnn of [all, parts]) {
      // Learning from the second part alone would be off by 0.5, and 0.04 in the deviation.
      median(bnn).forEach((mean, i) => expect(Math.abs(mean - exact.mean[i]!)).toBeLessThan(0.05));
      scales(bnn).forEach((scale, i) => expect(Math.abs(scale - exact.precision[i]![i]! ** -0.5)).toBeLessThan(0.02));
    }
  });

  test('updated to the posterior, is no distance away from it', () => {
    const bnn = make();
    const klTo = (prior: priors.Prior) => {
      bnn.updatePrior(prior);
      const posterior = bnn.guide!.getDetachedDistributions()['dense1.kernel']!;
      const [updated] = [...prior.apply([{ name: 'dense1.kernel', role: 'kernel', shape: [2, 1], layers: [], layerName: 'dense1' } as never]).values()];
      return values(dist.klDivergence(posterior, updated!))[0]!;
    };
    expect(klTo(priors.dictionary(bnn.guide!.getDetachedDistributions()))).toBeCloseTo(0, 6);
    expect(klTo(standard)).toBeGreaterThan(0.1);
  });

  test('updated keeps weights that it does not expose, and parameters parameters', () => {
    const net = sequential({ layers: [layers.dense({ units: 2, inputShape: [2] }), layers.dense({ units: 1 })] });
    const bnn = new VariationalBNN({ net, prior: priors.iid(dist.normal(0, 1), { hide: ['dense2.bias'] }), likelihood, guide: guides.autoNormal() });
    bnn.updatePrior(priors.iid(dist.normal(0, 7), { exposeParameters: ['bias'] }));
    expect(bnn.siteNames).toEqual(['dense1.kernel', 'dense1.bias', 'dense2.kernel']);
    expect(() => bnn.updatePrior(priors.iid(dist.normal(0, 7), { hide: ['nothing'] }))).toThrow(/"nothing" in hide/);
    expect(() => bnn.updatePrior(dist.normal(0, 1) as never)).toThrow(/expected a prior/);
  });
});

describe('the user\'s net', () => {
  const build = () => {
    const net = sequential({
      layers: [
        layers.dense({ units: 3, inputShape: [2], activation: 'tanh' }),
        layers.batchNormalization(),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 1 }),
      ],
    });
    scramble(net);
    return net;
  };
  const bayesian = (net: LayersModel) =>
    new VariationalBNN({
      net,
      prior: priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] }),
      likelihood: likelihoods.homoskedasticGaussian({ scale: 0.5 }),
      guide: guides.autoNormal({ initScale: 0.05 }),
    });

  test('is as it was after training, prediction and errors', async () => {
    const net = build();
    const before = snapshot(net);
    const x = wavy([6, 2]);
    const y = wavy([6, 1], 77);
    const expected = values(net.predict(x) as Tensor);
    const bnn = bayesian(net);
    await bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.1 }), epochs: 5 });
    tf.dispose(bnn.predict(x, { numSamples: 2 }));
    await expect(bnn.fit({ x: wavy([6, 3]), y }, { optim: optim.adam({ lr: 0.1 }), epochs: 1 })).rejects.toThrow(/axis -1/);
    expect(() => bnn.predict(wavy([6, 3]), { numSamples: 1 })).toThrow(/axis -1/);
    expect(snapshot(net)).toEqual(before);
    expect(values(net.predict(x) as Tensor)).toEqual(expected);
  });

  test('gives the weights to begin with: a narrow guide predicts what the net does, in inference mode', () => {
    const net = build();
    const bnn = new VariationalBNN({ net, prior: standard, likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }), guide: guides.autoNormal({ initScale: 1e-6 }) });
    const x = wavy([6, 2]);
    const { mean } = bnn.predict(x, { numSamples: 3 });
    values(net.predict(x) as Tensor).forEach((value, i) => expect(values(mean)[i]).toBeCloseTo(value, 3));
  });

  test('training keeps moving statistics, and predicting changes nothing, also when it throws', async () => {
    const net = build();
    const bnn = bayesian(net);
    const x = wavy([6, 2]);
    const predict = () => seeded(5, () => tf.tidy(() => values(bnn.predict(x, { numSamples: 2 }).mean)));
    const untrained = predict();
    // With a learning rate of zero, only the statistics can change predictions.
    await bnn.fit({ x, y: wavy([6, 1]) }, { optim: optim.sgd({ lr: 1e-30 }), epochs: 3 });
    const trained = predict();
    expect(trained).not.toEqual(untrained);
    const state = bnn.paramStore.getState();
    expectNoLeak(() => {
      bnn.evaluate(x, wavy([6, 1]), { numSamples: 3 });
      tf.dispose(bnn.predict(x, { numSamples: 3, aggregate: false }));
      tf.dispose(bnn.predict(x, { numSamples: 1 }));
      expect(() => bnn.predict(wavy([6, 5]), { numSamples: 2 })).toThrow();
      expect(() => bnn.evaluate(x, wavy([5, 1]), { numSamples: 2 })).toThrow(/\[6, 1\], but they have \[5, 1\]/);
    }, 3); // x twice wrong and y: made for the calls themselves
    expect(bnn.paramStore.getState()).toEqual(state);
    expect(predict()).toEqual(trained);
  });
});

describe('parameters', () => {
  const make = (options: { name?: string } = {}) =>
    new VariationalBNN({
      net: sequential({ layers: [layers.dense({ units: 2, inputShape: [1], activation: 'relu' }), layers.dense({ units: 1, name: 'head' })] }),
      prior: priors.iid(dist.normal(0, 1), { hideLayers: ['head'] }),
      likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }),
      guide: guides.autoNormal(),
      ...options,
    });

  test('are in a store of the network\'s own, from the beginning, and go with it', async () => {
    const before = tf.memory().numTensors;
    const [one, two] = [make(), make()];
    const own = tf.memory().numTensors;
    expect(one.paramStore.names()).toEqual([
      'head.kernel', 'head.bias', 'guide.locs.dense1.kernel', 'guide.scales.dense1.kernel', 'guide.locs.dense1.bias', 'guide.scales.dense1.bias',
    ]);
    const state = two.paramStore.getState();
    const x = wavy([4, 1]);
    await one.fit({ x, y: x }, { optim: optim.adam({ lr: 0.1 }), epochs: 3 });
    expect(two.paramStore.getState()).toEqual(state);
    expect(one.paramStore.getState()).not.toEqual(state);
    expect(getParamStore().names()).toEqual([]);
    x.dispose();
    expect(tf.memory().numTensors).toBe(own);
    one.dispose();
    two.dispose();
    // What is left are the two nets' four weights each.
    expect(tf.memory().numTensors).toBe(before + 8);
  });

  test('have the names in the net, sites as handlers see them bear that of the network before', () => {
    const bnn = make({ name: 'first' });
    expect(bnn.paramStore.names()).toEqual(make().paramStore.names());
    expect(Object.keys(bnn.guide!.median())).toEqual(['dense1.kernel', 'dense1.bias']);
    expect(bnn.siteNames).toEqual(['dense1.kernel', 'dense1.bias']);
    const seen = new Set<string>();
    const watch = effects.block({
      hideFn: ({ name, type }) => {
        if (type === 'sample') seen.add(name);
        return false;
      },
    });
    watch.run(() => tf.dispose(bnn.predict(wavy([2, 1]), { numSamples: 1 })));
    expect(seen).toEqual(new Set(['first.dense1.kernel', 'first.dense1.bias']));
  });

  test('of a guide with fixed means or scales stay as they are', async () => {
    const net = line(1);
    const bnn = new VariationalBNN({
      net,
      prior: standard,
      likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }),
      guide: guides.autoNormal({ trainLoc: false, initScale: 'radford', maxGuideScale: 0.5 }),
    });
    const loc = median(bnn);
    // Radford's is fan-in^-1/2 = 1, which is cut to below the bound.
    expect(scales(bnn)[0]).toBeLessThan(0.5);
    await bnn.fit({ x: wavy([4, 1]), y: wavy([4, 1]) }, { optim: optim.adam({ lr: 0.1 }), epochs: 5 });
    expect(median(bnn)).toEqual(loc);
  });
});

describe('starting values', () => {
  const make = (initLoc: guides.AutoNormalOptions['initLoc']) =>
    new VariationalBNN({
      net: sequential({ layers: [layers.dense({ units: 200, inputShape: [100] })] }),
      prior: standard,
      likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }),
      guide: guides.autoNormal(initLoc === undefined ? {} : { initLoc }),
    });

  test('are another net\'s, or drawn with the spread asked for, as the seed says', () => {
    const pretrained = sequential({ layers: [layers.dense({ units: 200, inputShape: [100] })] });
    scramble(pretrained);
    const kernel = values(pretrained.getWeights()[0]!);
    const initializer = guides.fromPretrained(pretrained);
    pretrained.dispose();
    expect(median(make(initializer))).toEqual(kernel);
    const drawn = () => seeded(6, () => median(make(guides.initToNormal({ std: 'radford', loc: 2 }))));
    const weights = drawn();
    expect(drawn()).toEqual(weights);
    const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
    const deviation = Math.sqrt(weights.reduce((sum, w) => sum + (w - mean) ** 2, 0) / weights.length);
    // 20,000 draws of deviation 100^-1/2.
    expect(Math.abs(mean - 2)).toBeLessThan(4.5 * 0.1 / Math.sqrt(20000));
    expect(Math.abs(deviation - 0.1)).toBeLessThan(4.5 * 0.1 / Math.sqrt(40000));
    expect(() => make(guides.fromPretrained(line(1)))).not.toThrow(/no weight/);
  });

  test('of a net with another build are refused', () => {
    const other = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], name: 'else' })] });
    expect(() => make(guides.fromPretrained(other))).toThrow(/no weight "dense1\.kernel"; it has else\.kernel/);
    expect(() => guides.initToNormal({ std: 0 })).toThrow(/std must be positive/);
    expect(() => guides.initToNormal({ std: 'he' as never })).toThrow(/unknown method "he"/);
    expect(() => guides.autoNormal({ initScale: 'he' as never })).toThrow(/unknown method "he"/);
    expect(() => guides.autoNormal({ initscale: 1 } as never)).toThrow(/Did you mean "initScale"/);
  });
});

describe('evaluate', () => {
  test('measures the aggregated prediction', () => {
    const net = line(3);
    const data = lineData(20, 0.5);
    const likelihood = likelihoods.homoskedasticGaussian({ scale: 0.5 });
    const bnn = new VariationalBNN({ net, prior: standard, likelihood, guide: guides.autoNormal() });
    const predictions = seeded(7, () => bnn.predict(data.x, { numSamples: 10 }));
    const found = seeded(7, () => bnn.evaluate(data.x, data.y, { numSamples: 10 }));
    const [mean, scale, y] = [predictions.mean, predictions.scale, data.y].map(values) as [number[], number[], number[]];
    const squares = y.map((value, i) => (value - mean[i]!) ** 2);
    const average = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
    expect(found.error).toBeCloseTo(average(squares), 5);
    const logs = squares.map((square, i) => -0.5 * (square / scale[i]! ** 2 + Math.log(2 * Math.PI)) - Math.log(scale[i]!));
    expect(found.logLikelihood).toBeCloseTo(average(logs), 4);
  });

  test('classifies: a net learns to tell classes apart', async () => {
    const x = tf.tensor2d(Array.from({ length: 30 }, (_, i) => [(i % 3) - 1 + 0.1 * Math.sin(i)]));
    const y = tf.tensor1d(Array.from({ length: 30 }, (_, i) => i % 3), 'int32');
    const net = sequential({ layers: [layers.dense({ units: 3, inputShape: [1] })] });
    scramble(net); // The initialisers of tfjs obey no seed.
    const bnn = new VariationalBNN({ net, prior: priors.iid(dist.normal(0, 10)), likelihood: likelihoods.categorical(), guide: guides.autoNormal({ initScale: 0.01 }) });
    const options = { numSamples: 10 };
    await seeded(8, () => handlers.localReparameterization().run(() => bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.5 }), epochs: 30, batchSize: 10 })));
    const { error, logLikelihood } = seeded(9, () => bnn.evaluate(x, y, options));
    expect(error).toBe(0);
    expect(logLikelihood).toBeGreaterThan(-0.2);
    expect(bnn.predict(x, options).shape).toEqual([30, 3]);
  });
});

test('the data site is scaled to all data, and local reparameterisation reaches into fit', async () => {
  const sites: SampleSite['scale'][] = [];
  const data = lineData(12, 0.5);
  const bnn = new VariationalBNN({ net: line(3), prior: standard, likelihood: likelihoods.homoskedasticGaussian({ scale: 0.5 }), guide: guides.autoNormal() });
  const watch = effects.block({
    hideFn: (message) => {
      if (message.type === 'sample' && message.isObserved) sites.push(message.scale);
      return false;
    },
  });
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  await watch.run(() => handlers.localReparameterization().run(() => bnn.fit(data, { optim: optim.adam({ lr: 0.01 }), epochs: 2, batchSize: 5, engine: 'eager' })));
  expect(sites).toEqual([12 / 5, 12 / 5, 6, 12 / 5, 12 / 5, 6]);
  expect(warn).not.toHaveBeenCalled();
  bnn.likelihood.datasetSize = 24;
  sites.length = 0;
  await watch.run(() => bnn.fit(data, { optim: optim.adam({ lr: 0.01 }), epochs: 1, engine: 'eager' }));
  expect(sites).toEqual([2]);
  warn.mockRestore();
});

test('nets with several inputs are trained and predict', async () => {
  const w = tf.variable(tf.scalar(0.5));
  const net = { parameters: { w }, forward: (x: Tensor | Tensor[], { w: weight }: Readonly<Record<string, Tensor>>) => tf.mul((x as Tensor[])[0]!, tf.mul((x as Tensor[])[1]!, weight!)) };
  const bnn = new VariationalBNN({ net, prior: standard, likelihood: likelihoods.homoskedasticGaussian({ scale: 0.1 }), guide: guides.autoNormal() });
  const x = [wavy([10, 1]), tf.ones([10, 1])];
  await seeded(10, () => bnn.fit({ x, y: tf.mul(wavy([10, 1]), 2) }, { optim: cooling(80, 0.2), epochs: 40, batchSize: 5 }));
  expect(median(bnn, 'w')[0]).toBeCloseTo(2, 1);
  expect(bnn.predict(x, { numSamples: 2 }).mean.shape).toEqual([10, 1]);
});

describe('refuses, saying what to do', () => {
  const options = () => ({ net: line(1), prior: standard, likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }), guide: guides.autoNormal() });
  const cases: [string, () => unknown, RegExp][] = [
    ['no options', () => new VariationalBNN(undefined as never), /needs options \{ net, prior, likelihood, guide \}/],
    ['a misspelt option', () => new VariationalBNN({ ...options(), priors: standard } as never), /unknown option "priors"\. Did you mean "prior"/],
    ['a distribution for a prior', () => new VariationalBNN({ ...options(), prior: dist.normal(0, 1) as never }), /prior must be one of priors\.\*/],
    ['a distribution for a likelihood', () => new VariationalBNN({ ...options(), likelihood: dist.normal(0, 1) as never }), /likelihood must be one of likelihoods\.\*/],
    ['no guide', () => new VariationalBNN({ ...options(), guide: undefined as never }), /needs a guide.*for maximum likelihood, null/],
    ['an object for a guide', () => new VariationalBNN({ ...options(), guide: {} as never }), /must be a function that makes a guide/],
    ['a builder that makes none', () => new VariationalBNN({ ...options(), guide: (() => 3) as never }), /made number/],
    ['no net', () => new VariationalBNN({ ...options(), net: 'net' as never }), /net must be a tf\.LayersModel/],
    ['no draws', () => new VariationalBNN(options()).predict(wavy([1, 1]), { numSamples: 0 }), /numSamples must be a positive integer, got 0/],
    ['no options to predict', () => new VariationalBNN(options()).predict(wavy([1, 1]), undefined as never), /numSamples must be a positive integer, got undefined/],
    ['an array to predict from', () => new VariationalBNN(options()).predict([[1]] as never, { numSamples: 1 }), /input must be a tensor/],
  ];
  test.each(cases)('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });

  test('a net with two outputs', () => {
    const parameters = { w: tf.variable(tf.scalar(1)) };
    const net = { parameters, forward: (x: Tensor | Tensor[], { w }: Readonly<Record<string, Tensor>>) => [x as Tensor, w!] };
    expect(() => new VariationalBNN({ ...options(), net }).predict(wavy([1, 1]), { numSamples: 1 })).toThrow(/gives 2 outputs, but a likelihood takes one/);
  });

  test('a target of the wrong shape, while training, leaving everything as it was', async () => {
    const bnn = new VariationalBNN({ ...options(), net: sequential({ layers: [layers.dense({ units: 2, inputShape: [1] })] }) });
    const state = bnn.paramStore.getState();
    const data = { x: wavy([128, 1]), y: wavy([128]) };
    const before = tf.memory().numTensors;
    await expect(bnn.fit(data, { optim: optim.adam({ lr: 0.1 }), epochs: 1 })).rejects.toThrow(/\[128, 2\], but they have \[128\] \(eventDim is 1\).*last layer.*categorical/);
    expect(tf.memory().numTensors).toBe(before);
    expect(bnn.paramStore.getState()).toEqual(state);
  });

  test('a constructor that fails leaves no tensors', () => {
    const given = options();
    expectNoLeak(() => {
      expect(() => new VariationalBNN({ ...given, guide: guides.autoNormal({ initLoc: () => tf.zeros([9]) }) })).toThrow(/initial value has shape \[9\]/);
    });
  });
});

test('works with the ELBO by sampling alone', async () => {
  const data = lineData(10, 0.5);
  const bnn = new VariationalBNN({ net: line(3), prior: standard, likelihood: likelihoods.homoskedasticGaussian({ scale: 0.5 }), guide: guides.autoNormal() });
  const { losses } = await seeded(11, () => bnn.fit(data, { optim: cooling(50), epochs: 50, closedFormKl: false }));
  expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  expect(infer.TraceELBO).toBeDefined();
});

test('a network that was disposed of does not begin anew, untrained', async () => {
  const [x, y] = [wavy([6, 3]), wavy([6, 1])];
  const options = { net: line(3), prior: standard, guide: guides.autoNormal() };
  const bnn = new VariationalBNN({ ...options, likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }) });
  const fit = () => bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.01 }), epochs: 1 });
  await fit();
  // From eight draws on by a program, which is there when the parameters are not.
  tf.dispose(bnn.predict(x, { numSamples: 8 }));
  bnn.dispose();
  for (const numSamples of [1, 8]) expect(() => bnn.predict(x, { numSamples })).toThrow('was disposed of');
  await expect(fit()).rejects.toThrow('was disposed of');
  const dropIn = new DropInBNN(options);
  dropIn.dispose();
  expect(() => dropIn.forward(x)).toThrow('was disposed of');
  expect([...bnn.paramStore.names(), ...dropIn.paramStore.names()]).toEqual([]);
});
