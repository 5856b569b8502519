/** @file What was learnt by maximum likelihood, given back to a network. */
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { dist, optim, ready, setSeed } from '@tychejs/ppl';
import { VariationalBNN, guides, likelihoods, priors } from '../src/index.ts';
import type { FunctionNet } from '../src/index.ts';
import { expectNoLeak } from './helpers/leak.ts';
import { scramble, snapshot, wavy } from './helpers/nets.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const prior = priors.iid(dist.normal(0, 1));
const likelihood = likelihoods.homoskedasticGaussian({ scale: 1 });

function build(start: number, units = 3): Sequential {
  const net = sequential({
    layers: [
      layers.dense({ units, activation: 'tanh', inputShape: [2] }),
      layers.batchNormalization({ momentum: 0.5 }),
      layers.dense({ units: 1, name: 'head' }),
    ],
  });
  scramble(net, start);
  return net;
}

const x = (): tf.Tensor => wavy([6, 2], 1);
const predict = (net: Sequential): number[] => tf.tidy(() => [...(net.predict(x()) as tf.Tensor).dataSync()]);

async function trained(net: Sequential): Promise<{ bnn: VariationalBNN<{ mean: tf.Tensor; scale: tf.Tensor }>; predicted: number[] }> {
  setSeed(1);
  const bnn = new VariationalBNN({ net, prior, likelihood, guide: null });
  const data = { x: x(), y: wavy([6, 1], 2) };
  await bnn.fit(data, { optim: optim.adam({ lr: 0.1 }), epochs: 12 });
  const predicted = tf.tidy(() => [...bnn.predict(data.x, { numSamples: 1 }).mean.dataSync()]);
  tf.dispose(data);
  return { bnn, predicted };
}

test('the network then predicts by itself what was learnt, moving statistics too, and goes its own way', async () => {
  const [given, other] = [build(1), build(5)];
  const { bnn, predicted } = await trained(given);
  const before = snapshot(given);
  expectNoLeak(() => bnn.copyTo(other));
  const learnt = predict(other);
  learnt.forEach((value, i) => expect(value).toBeCloseTo(predicted[i]!, 5));
  expect(snapshot(given)).toEqual(before);
  learnt.forEach((value, i) => expect(Math.abs(value - predict(given)[i]!)).toBeGreaterThan(1e-3));

  // Neither learns from the other afterwards.
  scramble(other, 9);
  expect(tf.tidy(() => [...bnn.predict(x(), { numSamples: 1 }).mean.dataSync()])).toEqual(predicted);
  bnn.copyTo(other);
  const more = { x: x(), y: wavy([6, 1], 3) };
  await bnn.fit(more, { optim: optim.adam({ lr: 0.1 }), epochs: 5 });
  expect(predict(other)).toEqual(learnt);
  tf.dispose(more);

  // To the net that was lifted, too.
  const now = tf.tidy(() => [...bnn.predict(x(), { numSamples: 1 }).mean.dataSync()]);
  bnn.copyTo(given);
  predict(given).forEach((value, i) => expect(value).toBeCloseTo(now[i]!, 5));
  bnn.dispose();
});

test('what has no value, or another build, is refused and stays', async () => {
  const { bnn } = await trained(build(1));
  const other = build(2, 4);
  const before = snapshot(other);
  expect(() => bnn.copyTo(other)).toThrow('bnn.copyTo: the net is of another build: "dense1.kernel" has shape [2, 4] there, but has shape [2, 3] here');
  expect(snapshot(other)).toEqual(before);
  bnn.dispose();
  const net = build(1);
  const sampled = new VariationalBNN({ net, prior, likelihood, guide: guides.autoNormal() });
  expect(() => sampled.copyTo(net)).toThrow(/bnn.copyTo: "dense1.kernel" is drawn anew/);
  sampled.dispose();
});

test('functions are networks too', async () => {
  const make = (at: number): FunctionNet => ({
    parameters: { w: tf.variable(wavy([2, 1], at)) },
    forward: (input, { w }) => tf.matMul(input as tf.Tensor, w!),
  });
  const [from, to] = [make(1), make(2)];
  const bnn = new VariationalBNN({ net: from, prior, likelihood, guide: null });
  bnn.copyTo(to);
  expect([...to.parameters['w']!.dataSync()]).toEqual([...from.parameters['w']!.dataSync()]);
  bnn.dispose();
});
