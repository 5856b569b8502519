/** @file A Bayesian network that is trained and saved in Node, and loaded in a page: the same code in both. */
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { VariationalBNN, guides, handlers, likelihoods, priors, report } from '@tychejs/bnn';
import { dist, handlers as effects, optim, ready } from '@tychejs/ppl';

const images = () => tf.tidy(() => tf.reshape(tf.sin(tf.mul(tf.range(0, 40 * 64), 0.37)), [40, 8, 8, 1]));
const labels = () => tf.tensor1d(Array.from({ length: 40 }, (_, i) => i % 3), 'int32');

/** With batch normalisation, whose statistics have to come along; of weights that are other ones every time. */
function makeNetwork() {
  const net = sequential({
    layers: [
      layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [8, 8, 1], useBias: false }),
      layers.batchNormalization({ momentum: 0.5 }),
      layers.reLU(),
      layers.flatten(),
      layers.dense({ units: 3 }),
    ],
  });
  const prior = priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] });
  return new VariationalBNN({ net, prior, likelihood: likelihoods.categorical(), guide: guides.autoNormal({ initScale: 0.05 }) });
}

/** Logits by 32 draws, and the length of a report on them. */
function look(bnn) {
  const [x, y] = [images(), labels()];
  const seeded = (body) => effects.seed({ seed: 1 }).run(body);
  const logits = seeded(() => bnn.predict(x, { numSamples: 32, engine: 'compiled' }));
  const result = { logits: [...logits.dataSync()], reportLength: seeded(() => report(bnn, { x, y }, { numSamples: 32 })).length };
  tf.dispose([x, y, logits]);
  return result;
}

/** @returns the file of a network, and what it predicts. */
export async function trainNetwork() {
  await ready({ backend: 'cpu' });
  const bnn = makeNetwork();
  const data = { x: images(), y: labels() };
  await handlers.localReparameterization().run(() => bnn.fit(data, { optim: optim.adam({ lr: 0.02 }), epochs: 30, progressBar: false }));
  return { bytes: await bnn.toBytes(), ...look(bnn) };
}

/** What the network in a file predicts; nothing is run before it is loaded. */
export async function loadNetwork(file) {
  await ready({ backend: 'cpu' });
  const bnn = makeNetwork();
  await bnn.load(file);
  return look(bnn);
}
