/** @file Recurrent layers as tfjs makes them by default, orthogonal kernels and all. */
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, ready } from '@tychejs/ppl';
import { VariationalBNN, guides, likelihoods, priors } from '../../src/index.ts';

beforeAll(() => ready({ backend: 'cpu' }));

test.each([
  ['lstm', () => layers.lstm({ units: 3, inputShape: [4, 2] })],
  ['gru', () => layers.gru({ units: 3, inputShape: [4, 2] })],
  ['bidirectional lstm', () => layers.bidirectional({ layer: layers.lstm({ units: 2 }), inputShape: [4, 2], mergeMode: 'concat' })],
])('%s: with hardly any doubt about its weights, a lifted net is the net', (_, layer) => {
  const net = sequential({ layers: [layer(), layers.dense({ units: 1 })] });
  const bnn = new VariationalBNN({
    net,
    prior: priors.iid(dist.normal(0, 1)),
    likelihood: likelihoods.homoskedasticGaussian({ scale: 0.1 }),
    guide: guides.autoNormal({ initScale: 1e-7 }),
  });
  expect(bnn.siteNames.some((name) => name.endsWith('.recurrentKernel'))).toBe(true);
  tf.tidy(() => {
    const x = tf.reshape(tf.sin(tf.range(0, 40)), [5, 4, 2]);
    const expected = (net.predict(x) as tf.Tensor).dataSync();
    const { mean } = bnn.predict(x, { numSamples: 1 });
    mean.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  });
  bnn.dispose();
  net.dispose();
});
