import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, guides as pplGuides, optim, ready, setSeed } from '@tychejs/ppl';
import { VariationalBNN } from '../../src/bnn.ts';
import * as guides from '../../src/guides/index.ts';
import * as likelihoods from '../../src/likelihoods/index.ts';
import * as priors from '../../src/priors/index.ts';

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

/** The slope and the scale of the noise that a network of maximum likelihood finds. */
async function maximumLikelihood(likelihood: likelihoods.CentredLikelihood, y: readonly number[]): Promise<{ slope: number; scale: number }> {
  setSeed(1);
  const bnn = new VariationalBNN({
    net: makeNet(),
    prior: priors.iid(dist.normal(0, 1)),
    likelihood,
    guide: null,
    likelihoodGuide: (model, context) => new pplGuides.AutoDelta(model, { ...context, initLoc: { 'likelihood.scale': 1 } }),
  });
  const x = tf.tensor2d(X, [X.length, 1]);
  await bnn.fit({ x, y: tf.tensor2d([...y], [y.length, 1]) }, { optim: optim.adam({ lr: 0.02 }), epochs: 500 });
  const { mean, scale } = bnn.predict(tf.ones([1, 1]), { numSamples: 1 });
  const found = { slope: mean.dataSync()[0]!, scale: scale.dataSync()[0]! };
  bnn.dispose();
  return found;
}

/** All but flat. */
const unknown = () => dist.halfNormal(1000);

test('a scale with a wide prior and a guide of points is that of maximum likelihood', async () => {
  const y = X.map((x, i) => 2 * x + 0.3 * NOISE[i]!);
  const slope = X.reduce((sum, x, i) => sum + x * y[i]!, 0) / X.reduce((sum, x) => sum + x * x, 0);
  const scale = Math.sqrt(X.reduce((sum, x, i) => sum + (y[i]! - slope * x) ** 2, 0) / X.length);
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
