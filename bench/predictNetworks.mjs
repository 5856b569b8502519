/**
 * Predictions of networks: `node bench/predictNetworks.mjs [name ...]`.
 *
 * Milliseconds of `bnn.predict` with 32 draws of the weights (median), compiled and eagerly on tfjs's WASM backend; beside TyXe
 * 0.0.2 on torch 1.13 (CPU, one thread, on a machine of this kind).
 */
import * as tf from '@tensorflow/tfjs-core';
import { guides, handlers, likelihoods, priors, VariationalBNN } from '@tychejs/bnn';
import { dist, ready, setSeed } from '@tychejs/ppl';
import { convolutionalNet, perceptron, regressionNet } from './models/networks.js';

const wanted = process.argv.slice(2).filter((name) => name !== '--');
await ready({ backend: 'wasm' });
setSeed(1);

const wave = (shape) => tf.tidy(() => tf.reshape(tf.cos(tf.range(0, shape.reduce((size, n) => size * n, 1))), shape));

const CASES = {
  'regression 1-50-1, 100 inputs': {
    tyxe: 13.1,
    repetitions: { compiled: 200, eager: 10 },
    input: [100, 1],
    net: regressionNet,
    likelihood: () => likelihoods.homoskedasticGaussian({ scale: 0.1 }),
  },
  'MLP 784-400-400-10, batch 128': {
    tyxe: 166,
    repetitions: { compiled: 12, eager: 3 },
    input: [128, 784],
    net: perceptron,
    likelihood: () => likelihoods.categorical(),
  },
  'CNN 28x28, conv 16 and 32, batch 64': {
    tyxe: 257,
    repetitions: { compiled: 8, eager: 3 },
    input: [64, 28, 28, 1],
    net: convolutionalNet,
    likelihood: () => likelihoods.categorical(),
  },
};

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Milliseconds of the first prediction, and of later ones. */
function measure({ net, likelihood, repetitions }, x, engine) {
  const bnn = new VariationalBNN({ net: net(), prior: priors.iid(dist.normal(0, 1)), likelihood: likelihood(), guide: guides.autoNormal({ initScale: 0.01 }) });
  const times = [];
  for (let i = 0; i <= repetitions[engine]; i++) {
    const begin = performance.now();
    const result = bnn.predict(x, { numSamples: 32, engine });
    times.push(performance.now() - begin);
    tf.dispose(result);
  }
  bnn.dispose();
  return { first: times[0], later: median(times.slice(1)) };
}

console.log('| work, 32 draws | compiled, ms | first, ms | eager, ms | ratio | TyXe, ms | compiled to TyXe |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const [name, work] of Object.entries(CASES)) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  const x = wave(work.input);
  for (const way of ['plain', 'local']) {
    const run = (engine) => measure(work, x, engine);
    const around = (engine) => (way === 'local' ? handlers.localReparameterization().run(() => run(engine)) : run(engine));
    const [compiled, eager] = [around('compiled'), around('eager')];
    const cells = [compiled.later, compiled.first, eager.later, eager.later / compiled.later, work.tyxe, compiled.later / work.tyxe];
    console.log(`| ${name}${way === 'local' ? ', local reparameterisation' : ''} | ${cells.map((cell) => cell.toFixed(cell < 10 ? 2 : 0)).join(' | ')} |`);
  }
  x.dispose();
}
