/**
 * Steps of variational inference: `npm run bench:svi [-- name ...]`.
 *
 * For each network and way of drawing weights: the milliseconds of one step of `bnn.fit` (median of many, one core), compiled
 * and eagerly on tfjs's WASM backend; beside TyXe 0.0.2 on torch 1.13 (CPU, one thread, on a machine of this kind) and beside
 * a deterministic training step of tfjs-layers. Then how many normal draws a second are made, and what a long run leaves
 * behind. Without names, it writes bench/results/svi.json.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import { guides, handlers, likelihoods, priors, VariationalBNN } from '@tychejs/bnn';
import { fillNoise } from '@tychejs/jit';
import { dist, guides as autoguides, infer, optim, plate, ready, sample, setSeed } from '@tychejs/ppl';
import { convolutionalNet, perceptron, regressionNet, resNet8 } from './models/networks.js';

const wanted = process.argv.slice(2).filter((name) => name !== '--');
await ready({ backend: 'wasm' });
setSeed(1);

/** Numbers that look random, from one generator. */
let state = 1;
const numbers = (shape) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((size, n) => size * n, 1) }, () => {
      state = (state * 16807) % 2147483647;
      return state / 2147483647;
    }),
    shape,
  );
const classes = (count) => tf.tensor1d(Int32Array.from({ length: count }, (_, i) => i % 10), 'int32');

/** TyXe's milliseconds: a deterministic step of torch, and SVI plainly and with local reparameterisation. */
const CASES = {
  'regression 1-50-1': {
    tyxe: { torch: 0.26, plain: 2.45, local: 2.9 },
    steps: { compiled: 4000, eager: 100 },
    data: () => {
      const { x, y } = JSON.parse(readFileSync(new URL('./data/bnn_regression.json', import.meta.url), 'utf8'));
      return { x: tf.tensor2d(x, [x.length, 1]), y: tf.tensor2d(y, [y.length, 1]) };
    },
    net: regressionNet,
    likelihood: () => likelihoods.homoskedasticGaussian({ scale: 0.1 }),
    loss: 'meanSquaredError',
  },
  'MLP 784-400-400-10, batch 128': {
    tyxe: { torch: 5.4, plain: 27.2, local: 34.5 },
    steps: { compiled: 100, eager: 8 },
    data: () => ({ x: numbers([128, 784]), y: classes(128) }),
    net: perceptron,
    likelihood: () => likelihoods.categorical(),
    loss: 'softmaxCrossEntropy',
  },
  'CNN 28x28, conv 16 and 32, batch 64': {
    tyxe: { torch: 11.6, plain: 16.6, local: 42.7 },
    steps: { compiled: 60, eager: 6 },
    data: () => ({ x: numbers([64, 28, 28, 1]), y: classes(64) }),
    net: convolutionalNet,
    likelihood: () => likelihoods.categorical(),
    loss: 'softmaxCrossEntropy',
  },
  'ResNet-8 32x32x3 with batch normalisation, batch 32': {
    tyxe: { torch: null, plain: 53.3, local: null },
    steps: { compiled: 60, eager: 6 },
    data: () => ({ x: numbers([32, 32, 32, 3]), y: classes(32) }),
    net: resNet8,
    prior: () => priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] }),
    likelihood: () => likelihoods.categorical(),
    loss: 'softmaxCrossEntropy',
  },
};

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Milliseconds of a step, by the clock between epochs of one step each; the first tenth is for compilers to warm up. */
async function stepTime(bnn, data, steps, engine) {
  const times = [];
  let last = performance.now();
  await bnn.fit(data, {
    optim: optim.adam({ lr: 1e-3 }),
    epochs: steps,
    engine,
    progressBar: false,
    onEpoch: () => {
      const now = performance.now();
      times.push(now - last);
      last = now;
    },
  });
  return median(times.slice(Math.ceil(steps / 10)));
}

async function measure({ net, prior = () => priors.iid(dist.normal(0, 1)), likelihood, steps }, data, isLocal, engine) {
  const bnn = new VariationalBNN({
    net: net(),
    prior: prior(),
    likelihood: likelihood(),
    guide: guides.autoNormal({ initScale: 0.01 }),
  });
  const run = () => stepTime(bnn, data, steps[engine], engine);
  try {
    return await (isLocal ? handlers.localReparameterization().run(run) : run());
  } finally {
    bnn.dispose();
  }
}

/** A training step of the network itself, by tfjs-layers, with the same optimiser. */
async function deterministic({ net, loss, steps }, { x, y }) {
  const model = net();
  const isRegression = loss === 'meanSquaredError';
  model.compile({ optimizer: tf.train.adam(1e-3), loss: isRegression ? loss : tf.losses.softmaxCrossEntropy });
  const targets = isRegression ? y : tf.cast(tf.oneHot(y, 10), 'float32');
  const times = [];
  for (let i = 0; i < 3 * steps.eager; i++) {
    const begin = performance.now();
    const result = await model.trainOnBatch(x, targets);
    times.push(performance.now() - begin);
    tf.dispose(typeof result === 'number' ? [] : result);
  }
  return median(times);
}

const fixed = (x, digits = 3) => (x === null ? '–' : x.toFixed(x < 1 ? digits : x < 10 ? 2 : 1));
const results = [];
console.log('| work | compiled, ms | eager, ms | ratio | TyXe, ms | compiled to TyXe | tfjs-layers without uncertainty, ms |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const [name, work] of Object.entries(CASES)) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  const data = work.data();
  const plainNet = await deterministic(work, data);
  for (const way of ['plain', 'local']) {
    const compiled = await measure(work, data, way === 'local', 'compiled');
    const eager = await measure(work, data, way === 'local', 'eager');
    const tyxe = work.tyxe[way];
    results.push({ name, way, compiledMs: compiled, eagerMs: eager, tyxeMs: tyxe, torchDeterministicMs: work.tyxe.torch, tfjsDeterministicMs: plainNet });
    const label = way === 'local' ? `${name}, local reparameterisation` : name;
    const beside = tyxe === null ? '–' : `${fixed(compiled / tyxe)} (${fixed(tyxe / compiled)}x)`;
    console.log(
      `| ${label} | ${fixed(compiled)} | ${fixed(eager)} | ${fixed(eager / compiled)} | ${tyxe ?? '–'} | ${beside} | ${fixed(plainNet)} |`,
    );
  }
  tf.dispose(data);
}

/** Millions of draws a second: the best of several. */
function drawRate(kind, count = 1 << 20) {
  const out = new Float32Array(count);
  let best = 0;
  for (let i = 0; i < 20; i++) {
    const begin = performance.now();
    fillNoise(kind, i, 7, out);
    best = Math.max(best, count / (performance.now() - begin) / 1000);
  }
  return best;
}

const draws = { normal: drawRate('normal'), uniform: drawRate('uniform'), exponential: drawRate('exponential') };
console.log(`\nmillion draws a second, out of the program's memory: ${Object.entries(draws).map(([kind, rate]) => `${kind} ${rate.toFixed(0)}`).join(', ')}`);

/** What 10,000 steps of a fit leave behind, once the program is there and the garbage is gone. */
async function leaks() {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const model = (y) => {
    const mu = sample('mu', dist.normal(0, 10));
    const sigma = sample('sigma', dist.halfNormal(1));
    plate('data', y.shape[0], () => sample('y', dist.normal(mu, sigma), { obs: y }));
  };
  const y = numbers([100]);
  const svi = new infer.SVI({ model, guide: new autoguides.AutoNormal(model), optim: optim.adam({ lr: 1e-3 }), loss: new infer.TraceELBO() });
  const state = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return { tensors: tf.memory().numTensors, heapKiB: heapUsed / 1024, externalKiB: external / 1024 };
  };
  await svi.run({ steps: 2000, args: [y], progressBar: false });
  const before = state();
  for (let i = 0; i < 10_000; i++) await svi.step(y);
  const after = state();
  tf.dispose(y);
  return { tensors: after.tensors - before.tensors, heapKiB: after.heapKiB - before.heapKiB, externalKiB: after.externalKiB - before.externalKiB };
}

const left = await leaks();
console.log(`left by 10,000 steps: ${left.tensors} tensors, ${left.heapKiB.toFixed(0)} KiB of heap, ${left.externalKiB.toFixed(0)} KiB outside of it (WebAssembly)`);

// Some networks alone are no results.
if (wanted.length === 0) {
  mkdirSync(new URL('./results/', import.meta.url), { recursive: true });
  writeFileSync(new URL('./results/svi.json', import.meta.url), `${JSON.stringify({ node: process.version, results, draws, leftBy10000Steps: left }, null, 2)}\n`);
}
