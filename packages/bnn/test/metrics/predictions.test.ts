import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, optim, ready, setSeed } from '@tychejs/ppl';
import { VariationalBNN } from '../../src/bnn.ts';
import * as guides from '../../src/guides/index.ts';
import * as likelihoods from '../../src/likelihoods/index.ts';
import * as metrics from '../../src/metrics/index.ts';
import * as priors from '../../src/priors/index.ts';
import { wavy } from '../helpers/nets.ts';

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

/** A spike and a slab on every weight. */
const mixture = () => dist.mixtureSameFamily(dist.categorical({ probs: [0.5, 0.5] }), dist.normal([0, 0], [0.05, 2]));

test('classes: a network under a mixture prior is surer where it has seen data, and its metrics are those of evaluate', async () => {
  setSeed(8);
  const net = sequential({ layers: [layers.dense({ units: 3, inputShape: [2] })] });
  const bnn = new VariationalBNN({ net, prior: priors.iid(mixture()), likelihood: likelihoods.categorical(), guide: guides.autoNormal({ initScale: 0.05 }) });
  const x = tf.mul(wavy([60, 2]), 2);
  const y = tf.argMax(tf.concat([x, tf.zeros([60, 1])], 1), 1);
  const { losses } = await bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.1 }), epochs: 100 });
  expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!);

  setSeed(9);
  const { error, logLikelihood } = bnn.evaluate(x, y, { numSamples: 20 });
  setSeed(9);
  const mean = bnn.predict(x, { numSamples: 20 });
  setSeed(9);
  const draws = bnn.predict(x, { numSamples: 20, aggregate: false });
  expect(metrics.negativeLogLikelihood(mean, y, { logits: true })).toBeCloseTo(-logLikelihood, 4);
  expect(metrics.reliabilityDiagram(mean, y, { logits: true }).accuracy).toBeCloseTo(1 - error, 6);
  const { total, epistemic } = metrics.categoricalUncertainty(draws, { logits: true });
  metrics.predictiveEntropy(mean, { logits: true }).forEach((h, i) => expect(total[i]).toBeCloseTo(h, 4));
  expect(Math.max(...epistemic)).toBeGreaterThan(0.01);
  tf.dispose([mean, draws, x, y]);
  bnn.dispose();
});

test('numbers: doubt about the weights grows away from the data, noise does not', () => {
  setSeed(10);
  const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
  const bnn = new VariationalBNN({ net, prior: priors.iid(dist.normal(0, 1)), likelihood: likelihoods.homoskedasticGaussian({ precision: 4 }), guide: guides.autoNormal({ initScale: 0.1 }) });
  const draws = bnn.predict(tf.tensor2d([[0], [1], [10]]), { numSamples: 400, aggregate: false });
  const { aleatoric, epistemic } = metrics.gaussianUncertainty(draws);
  expect(aleatoric).toEqual([0.25, 0.25, 0.25].map((v) => expect.closeTo(v, 6)));
  // Slope and offset of deviation 0.1: 0.01 (1 + x²), with a relative standard error of sqrt(2 / 400) = 0.07.
  [0.01, 0.02, 1.01].forEach((v, i) => expect(Math.abs(epistemic[i]! / v - 1)).toBeLessThan(4.5 * 0.071));
  tf.dispose(draws);
  bnn.dispose();
});
