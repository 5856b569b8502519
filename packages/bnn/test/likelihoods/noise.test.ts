import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, getParamStore, infer, guides as pplGuides, optim, ready, setSeed } from '@tychejs/ppl';
import { VariationalBNN } from '../../src/bnn.ts';
import { McmcBNN } from '../../src/mcmcBnn.ts';
import * as guides from '../../src/guides/index.ts';
import * as likelihoods from '../../src/likelihoods/index.ts';
import * as priors from '../../src/priors/index.ts';

jest.setTimeout(60_000);

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

/** A line through the origin. */
function makeNet() {
  const parameters = { slope: tf.variable(tf.ones([1, 1])) };
  return { parameters, forward: (x: tf.Tensor | tf.Tensor[], { slope }: Readonly<Record<string, tf.Tensor>>) => tf.matMul(x as tf.Tensor2D, slope as tf.Tensor2D) };
}

const X = Array.from({ length: 40 }, (_, i) => (i - 19.5) / 10);
const NOISE = X.map((_, i) => Math.sin(97.3 * i));

const byPoints: guides.GuideBuilder = (model, context) => new pplGuides.AutoDelta(model, { ...context, initLoc: { 'likelihood.scale': 1 } });

/** The slope and the scale of the noise that a network of maximum likelihood finds. */
async function maximumLikelihood(
  likelihood: likelihoods.CentredLikelihood,
  y: readonly number[],
  { likelihoodGuide = byPoints, engine = 'auto' }: { likelihoodGuide?: guides.GuideBuilder | null; engine?: 'auto' | 'eager' } = {},
): Promise<{ slope: number; scale: number; parameters: string[] }> {
  setSeed(1);
  const bnn = new VariationalBNN({
    net: makeNet(),
    prior: priors.iid(dist.normal(0, 1)),
    likelihood,
    guide: null,
    ...(likelihoodGuide === null ? {} : { likelihoodGuide }),
  });
  const x = tf.tensor2d(X, [X.length, 1]);
  await bnn.fit({ x, y: tf.tensor2d([...y], [y.length, 1]) }, { optim: optim.adam({ lr: 0.05 }), epochs: 300, engine });
  const { mean, scale } = bnn.predict(tf.ones([1, 1]), { numSamples: 1 });
  const found = { slope: mean.dataSync()[0]!, scale: scale.dataSync()[0]!, parameters: bnn.paramStore.names() };
  bnn.dispose();
  return found;
}

/** All but flat. */
const unknown = () => dist.halfNormal(1000);

const y = X.map((x, i) => 2 * x + 0.3 * NOISE[i]!);
const slope = X.reduce((sum, x, i) => sum + x * y[i]!, 0) / X.reduce((sum, x) => sum + x * x, 0);
const scale = Math.sqrt(X.reduce((sum, x, i) => sum + (y[i]! - slope * x) ** 2, 0) / X.length);

describe('a trainable level', () => {
  test.each([
    ['scale', 'auto', { scale: 1 }],
    ['scale', 'eager', { scale: 2 }],
    ['precision', 'auto', { precision: 1 }],
  ] as const)('of the %s is found by maximum likelihood (engine %s), as a parameter', async (name, engine, level) => {
    const global = getParamStore().names();
    const found = await maximumLikelihood(likelihoods.homoskedasticGaussian({ ...level, trainable: true }), y, { likelihoodGuide: null, engine });
    expect(found.parameters.toSorted()).toEqual([`likelihood.${name}`, 'slope']);
    expect(getParamStore().names()).toEqual(global);
    expect(found.slope).toBeCloseTo(slope, 3);
    expect(found.scale).toBeCloseTo(scale, 3);
  });

  test('of a t distribution is that of a guide of points with a wide prior', async () => {
    const [trained, inferred] = [
      await maximumLikelihood(likelihoods.studentT({ scale: 1, trainable: true }), y, { likelihoodGuide: null }),
      await maximumLikelihood(likelihoods.studentT({ scale: unknown() }), y),
    ];
    expect(trained.scale).toBeCloseTo(inferred.scale, 4);
    expect(trained.slope).toBeCloseTo(inferred.slope, 4);
  });

  test('goes to a file with the rest', async () => {
    const make = (scale: number) =>
      new VariationalBNN({ net: makeNet(), prior: priors.iid(dist.normal(0, 1)), likelihood: likelihoods.homoskedasticGaussian({ scale, trainable: true }), guide: guides.autoNormal() });
    const [saved, loaded] = [make(0.25), make(3)];
    await loaded.load(await saved.toBytes());
    expect(loaded.predict(tf.ones([1, 1]), { numSamples: 1 }).scale.dataSync()[0]).toBeCloseTo(0.25, 6);
  });

  test('stays as it is with Markov chains, which train nothing', () => {
    const bnn = new McmcBNN({ net: makeNet(), prior: priors.iid(dist.normal(0, 1)), likelihood: likelihoods.homoskedasticGaussian({ scale: 0.25, trainable: true }), kernel: infer.NUTS });
    expect(bnn.paramStore.get('likelihood.scale').dataSync()[0]).toBeCloseTo(0.25, 6);
    expect(getParamStore().names()).not.toContain('likelihood.scale');
  });

  test('is no distribution, and trainable is true or false', () => {
    const make = (options: object) => () => likelihoods.homoskedasticGaussian(options);
    expect(make({ scale: dist.halfNormal(1), trainable: true })).toThrow(/with a distribution the scale is inferred; for trainable: true, give the value to begin with/);
    expect(make({ scale: 1, trainable: 'yes' })).toThrow(/trainable must be true or false, got yes/);
    expect(() => likelihoods.homoskedasticGaussian({ scale: 1, trainable: true }).logLikelihood(tf.ones([2, 1]), tf.ones([2, 1]))).toThrow(/the scale is unknown.*\{ mean, scale \}/);
  });
});

test('a scale with a wide prior and a guide of points is that of maximum likelihood', async () => {
  const found = await maximumLikelihood(likelihoods.homoskedasticGaussian({ scale: unknown() }), y);
  expect(found.slope).toBeCloseTo(slope, 3);
  expect(found.scale).toBeCloseTo(scale, 3);
});

test('targets far off count for less under a t distribution', async () => {
  const y = X.map((x, i) => 2 * x + 0.3 * NOISE[i]! + (i >= 37 ? -20 : 0));
  const normal = await maximumLikelihood(likelihoods.homoskedasticGaussian({ scale: unknown() }), y);
  const robust = await maximumLikelihood(likelihoods.studentT({ df: 3, scale: unknown() }), y);
  expect(Math.abs(normal.slope - 2)).toBeGreaterThan(1);
  expect(Math.abs(robust.slope - 2)).toBeLessThan(0.1);
});

test('compiled steps do what eager ones do: a t distribution of unknown precision, a prior around trained weights', async () => {
  const net = sequential({ layers: [layers.dense({ units: 3, activation: 'tanh', inputShape: [1] }), layers.dense({ units: 1 })] });
  const prior = priors.moped(net);
  const x = tf.tensor2d(X, [X.length, 1]);
  const y = tf.sin(x);
  const run = async (engine: 'compiled' | 'eager') => {
    setSeed(4);
    const likelihood = likelihoods.studentT({ precision: dist.gamma(2, 1) });
    const bnn = new VariationalBNN({ net, prior, likelihood, guide: guides.autoNormal({ initScale: prior.initScale }) });
    const { losses } = await bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.02 }), epochs: 20, engine });
    const { mean, scale } = bnn.predict(x, { numSamples: 8, engine });
    bnn.dispose();
    return [...losses, ...mean.dataSync(), ...scale.dataSync()];
  };
  const eager = await run('eager');
  (await run('compiled')).forEach((value, i) => expect(Math.abs(value - eager[i]!)).toBeLessThan(1e-3 * (1 + Math.abs(eager[i]!))));
  prior.dispose();
});
