/** @file Compiled predictions: draw by draw those of eager runs. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, handlers as effects, optim, ready } from '@tychejs/ppl';
import type { DrawStats, Engine } from '@tychejs/ppl';
import { VariationalBNN, guides, handlers, likelihoods, metrics, priors } from '../src/index.ts';
import type { Net } from '../src/lift/net.ts';
import { expectNoLeak } from './helpers/leak.ts';
import { scramble, wavy } from './helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

type Network = VariationalBNN<never>;

const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const standard = priors.iid(dist.normal(0, 1));
const statsOf = (bnn: Network): DrawStats => (bnn as unknown as { predictions: { stats: DrawStats } }).predictions.stats;

/** 2-4-outputs, with weights that do something. */
function dense(outputs = 1): Net {
  const net = sequential({ layers: [layers.dense({ units: 4, activation: 'tanh', inputShape: [2] }), layers.dense({ units: outputs })] });
  scramble(net);
  return net;
}

/** Predictions as plain numbers, by name. */
function predict(bnn: Network, x: Tensor, engine: Engine, numSamples = 10): Record<string, { shape: number[]; values: number[] }> {
  const result = seeded(5, () => bnn.predict(x, { numSamples, engine, aggregate: false })) as Tensor | Record<string, Tensor>;
  const tensors = result instanceof tf.Tensor ? { output: result } : result;
  const plain = Object.entries(tensors).map(([name, tensor]) => [name, { shape: tensor.shape, values: [...tensor.dataSync()] }]);
  tf.dispose(result);
  return Object.fromEntries(plain) as Record<string, { shape: number[]; values: number[] }>;
}

/** Compares both engines; float32, over a few layers. */
function expectAgreement(bnn: Network, x: Tensor): void {
  const [compiled, eager] = [predict(bnn, x, 'compiled'), predict(bnn, x, 'eager')];
  expect(statsOf(bnn).reason).toBeNull();
  expect(Object.keys(compiled)).toEqual(Object.keys(eager));
  for (const [name, { shape, values }] of Object.entries(compiled)) {
    expect(shape).toEqual(eager[name]!.shape);
    values.forEach((value, i) => expect(Math.abs(value - eager[name]!.values[i]!)).toBeLessThan(2e-5 * (1 + Math.abs(value))));
  }
}

test.each(['compiled', 'eager'] as const)('t distributions say their degrees of freedom, so that metrics know them: %s', (engine) => {
  const likelihood = likelihoods.studentT({ df: 3, scale: 0.4 });
  const bnn = new VariationalBNN({ net: dense(), prior: standard, likelihood, guide: guides.autoNormal({ initScale: 0.3 }) });
  const [x, y] = [wavy([6, 2]), wavy([6, 1])];
  const found = seeded(5, () => bnn.predict(x, { numSamples: 10, engine }));
  expect(found.df).toBe(3);
  const { logLikelihood } = seeded(5, () => bnn.evaluate(x, y, { numSamples: 10, engine }));
  expect(metrics.negativeLogLikelihood(found, y)).toBeCloseTo(-logLikelihood, 4);
  const each = seeded(5, () => bnn.predict(x, { numSamples: 10, engine, aggregate: false }));
  expect(each.df).toBe(3);
  tf.dispose([found.mean, found.scale, each.mean, each.scale, x, y]);
  bnn.dispose();
});

describe('each likelihood', () => {
  const CASES: Record<string, () => Network> = {
    'a scale that is known': () => make(dense(), likelihoods.homoskedasticGaussian({ scale: 0.3 })),
    'a scale that is not': () => make(dense(), likelihoods.homoskedasticGaussian({ scale: dist.logNormal(0, 1) })),
    'a scale for each datum': () => make(dense(2), likelihoods.heteroskedasticGaussian()),
    classes: () => make(dense(3), likelihoods.categorical()),
    'yes or no': () => make(dense(), likelihoods.bernoulli()),
    counts: () => make(dense(), likelihoods.poisson()),
  };
  const make = (net: Net, likelihood: unknown): Network =>
    new VariationalBNN({ net, prior: standard, likelihood: likelihood as never, guide: guides.autoNormal({ initScale: 0.3 }), name: 'net' });

  test.each(Object.keys(CASES))('%s', (name) => {
    const bnn = CASES[name]!();
    const x = wavy([6, 2]);
    expectNoLeak(() => expectAgreement(bnn, x));
    expect(statsOf(bnn).programs).toBe(1);
    bnn.dispose();
    x.dispose();
  });
});

const regression = (net: Net, options: object = {}): Network =>
  new VariationalBNN({
    net,
    prior: standard,
    likelihood: likelihoods.homoskedasticGaussian({ scale: 0.3 }),
    guide: guides.autoNormal({ initScale: 0.3 }),
    ...options,
  } as never);

describe('networks and guides', () => {
  test.each<[string, () => Network]>([
    ['another guide', () => regression(dense(), { guide: autoguides.AutoMultivariateNormal })],
    ['no guide', () => regression(dense(), { guide: null })],
    ['dropout', () => regression(sequential({ layers: [layers.dense({ units: 3, inputShape: [2] }), layers.dropout({ rate: 0.5 }), layers.dense({ units: 1 })] }))],
    [
      'a function',
      () => regression({ parameters: { w: tf.variable(tf.tensor2d([[1], [2]])) }, forward: (x, { w }) => tf.sin(tf.matMul(x as never, w as never)) }),
    ],
  ])('%s', (_, make) => {
    const bnn = make();
    expectAgreement(bnn, wavy([6, 2]));
    bnn.dispose();
  });

  test('local reparameterisation around: every row has noise of its own', () => {
    const bnn = regression(dense());
    const x = tf.ones([6, 2]);
    handlers.localReparameterization().run(() => expectAgreement(bnn, x));
    const rows = (engine: Engine): number => new Set(predict(bnn, x, engine)['mean']!.values.slice(0, 6)).size;
    expect(rows('compiled')).toBe(1);
    expect(handlers.localReparameterization().run(() => rows('compiled'))).toBe(6);
    bnn.dispose();
  });

  test.each(['eager', 'compiled'] as const)('batch normalisation, as training has left it: %s', async (engine) => {
    const bnn = regression(sequential({ layers: [layers.dense({ units: 3, inputShape: [2] }), layers.batchNormalization(), layers.dense({ units: 1 })] }), {
      prior: priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] }),
    });
    const x = wavy([6, 2]);
    expectAgreement(bnn, x);
    const untrained = predict(bnn, x, 'compiled');
    // With a learning rate of zero, only the statistics change.
    await bnn.fit({ x, y: wavy([6, 1]) }, { optim: optim.sgd({ lr: 1e-30 }), epochs: 3, engine });
    expect(predict(bnn, x, 'compiled')).not.toEqual(untrained);
    expectAgreement(bnn, x);
    // Nothing of it is run again until something has changed.
    const runs = jest.spyOn(bnn.likelihood, 'predictionsFrom');
    predict(bnn, x, 'compiled');
    expect(runs).not.toHaveBeenCalled();
    bnn.dispose();
  });
});

describe('programs', () => {
  test('serve for other inputs of one shape, and after training', async () => {
    const bnn = regression(dense());
    const [x, other] = [wavy([6, 2]), wavy([6, 2], 50)];
    const before = predict(bnn, x, 'auto');
    expect(statsOf(bnn).engine).toBe('compiled');
    expectAgreement(bnn, other);
    await bnn.fit({ x, y: wavy([6, 1]) }, { optim: optim.adam({ lr: 0.1 }), epochs: 20 });
    expectAgreement(bnn, x);
    expect(predict(bnn, x, 'auto')).not.toEqual(before);
    expect(statsOf(bnn).programs).toBe(1);
    expectAgreement(bnn, wavy([4, 2]));
    expect(statsOf(bnn).programs).toBe(2);
    bnn.dispose();
  });

  test('are made anew for parameters that were loaded', () => {
    const bnn = regression(dense());
    const x = wavy([6, 2]);
    const before = predict(bnn, x, 'compiled');
    bnn.paramStore.setState(bnn.paramStore.getState());
    predict(bnn, x, 'compiled')['mean']!.values.forEach((value, i) => expect(value).toBeCloseTo(before['mean']!.values[i]!, 5));
    expect(statsOf(bnn).programs).toBe(2);
    bnn.dispose();
  });

  test('are made anew for what a function reads besides', () => {
    let factor = 1;
    const bnn = regression({ parameters: { w: tf.variable(tf.tensor2d([[1], [2]])) }, forward: (x, { w }) => tf.mul(tf.matMul(x as never, w as never), factor) });
    const x = wavy([3, 2]);
    const once = predict(bnn, x, 'compiled')['mean']!.values;
    factor = 2;
    predict(bnn, x, 'compiled')['mean']!.values.forEach((value, i) => expect(value).toBe(2 * once[i]!));
    bnn.dispose();
  });

  test('are not made for a few draws', () => {
    const bnn = regression(dense());
    predict(bnn, wavy([6, 2]), 'auto', 7);
    expect(statsOf(bnn)).toEqual({ engine: 'eager', reason: null, programs: 0 });
    bnn.dispose();
  });

  test('measure how good predictions are', () => {
    const bnn = regression(dense());
    const [x, y] = [wavy([6, 2]), wavy([6, 1])];
    const measure = (engine: Engine): { error: number; logLikelihood: number } => seeded(2, () => bnn.evaluate(x, y, { numSamples: 20, engine }));
    const [compiled, eager] = expectNoLeak(() => [measure('compiled'), measure('eager')] as const);
    expect(compiled.error).toBeCloseTo(eager.error, 4);
    expect(compiled.logLikelihood).toBeCloseTo(eager.logLikelihood, 4);
    bnn.dispose();
  });

  test.each<Engine>(['compiled', 'eager'])('what is wrong is said, %s', (engine) => {
    const bnn = regression(dense());
    const x = wavy([6, 2]);
    predict(bnn, x, engine);
    tf.tidy(() => bnn.paramStore.variable('guide.scales.dense1.kernel').assign(tf.fill([2, 4], NaN)));
    expectNoLeak(() => expect(() => predict(bnn, x, engine)).toThrow(/dense1\.kernel/));
    bnn.dispose();
  });
});

test('what cannot be compiled is predicted eagerly, after a warning', () => {
  const warn = jest.spyOn(console, 'warn').mockReturnValue();
  const looking: Net = {
    parameters: { w: tf.variable(tf.tensor2d([[1], [2]])) },
    forward: (x, { w }) => tf.mul(x as Tensor, (w!.dataSync()[0] as number) > 1 ? 2 : 1),
  };
  const bnn = regression(looking);
  const x = wavy([3, 2]);
  expectNoLeak(() => predict(bnn, x, 'auto'));
  predict(bnn, x, 'auto');
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/bnn\.predict: draws are made eagerly, many times slower/)]]);
  expect(() => predict(bnn, x, 'compiled')).toThrow(/bnn\.predict: the draws cannot be compiled/);
  warn.mockRestore();
  bnn.dispose();
  x.dispose();
});
