/** @file Two models, and what is measured of them: the same code in Node and in a page. */
import * as tf from '@tensorflow/tfjs-core';
import { deterministic, dist, getParamStore, guides, infer, optim, plate, ready, sample, setSeed } from '@tychejs/ppl';

const EFFECTS = [28, 8, -3, 7, -1, 1, 18, 12];
const ERRORS = [15, 10, 16, 11, 9, 11, 10, 18];

function eightSchools() {
  const mu = sample('mu', dist.normal(0, 5));
  const tau = sample('tau', dist.halfCauchy(5));
  plate('schools', 8, () => {
    const raw = sample('raw', dist.normal(0, 1));
    const theta = deterministic('theta', tf.add(mu, tf.mul(tau, raw)));
    sample('effect', dist.normal(theta, ERRORS), { obs: EFFECTS });
  });
}

/** Uniform numbers, the same everywhere (Lehmer's generator with the constants of Park and Miller 1988). */
function uniforms(seed) {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

function logisticRegression() {
  const uniform = uniforms(7);
  const normal = () => Array.from({ length: 12 }, uniform).reduce((sum, u) => sum + u, -6);
  const truth = Array.from({ length: 20 }, normal);
  const rows = Array.from({ length: 1000 }, () => Array.from({ length: 20 }, normal));
  const outcomes = rows.map((row) => {
    const logit = row.reduce((sum, x, i) => sum + x * truth[i], 0);
    return uniform() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
  });
  return () => {
    const slopes = sample('slopes', dist.normal(tf.zeros([20]), 1).toEvent(1));
    const logits = tf.reshape(tf.matMul(tf.tensor2d(rows), tf.reshape(slopes, [20, 1])), [1000]);
    plate('rows', 1000, () => sample('outcome', dist.bernoulli({ logits }), { obs: outcomes }));
  };
}

const MODELS = { 'eight schools': eightSchools, 'logistic regression, 1000 × 20': logisticRegression() };

/** Microseconds a gradient, evaluated alone: the least of ten tries. */
function timeOf(density) {
  const q = new Float64Array(density.dimension).fill(0.1);
  const gradient = new Float64Array(density.dimension);
  let best = Infinity;
  let count = 10;
  for (let tries = 0; tries < 10; ) {
    const start = performance.now();
    for (let i = 0; i < count; i++) density.evaluate(q, gradient);
    const milliseconds = performance.now() - start;
    if (milliseconds < 20) {
      count *= 2; // clocks of browsers are coarse
      continue;
    }
    best = Math.min(best, (1000 * milliseconds) / count);
    tries++;
  }
  return best;
}

/** Log density and gradient at a hundred points. */
function valuesOf(density) {
  const uniform = uniforms(3);
  const values = [];
  const gradient = new Float64Array(density.dimension);
  for (let i = 0; i < 100; i++) {
    const q = Float64Array.from({ length: density.dimension }, () => 4 * uniform() - 2);
    values.push(density.evaluate(q, gradient), ...gradient);
  }
  return values;
}

async function sampled(model, executor) {
  const kernel = new infer.NUTS(model, { engine: 'compiled' });
  const mcmc = new infer.MCMC(kernel, { numSamples: 1000, numChains: 4, seed: 1, executor, progressBar: false });
  const start = performance.now();
  await mcmc.run();
  const seconds = (performance.now() - start) / 1000;
  const chains = mcmc.diagnostics();
  const sum = (of) => chains.reduce((total, chain) => total + of(chain), 0);
  const gradients = sum((chain) => chain.numLeapfrog + chain.warmupLeapfrog);
  return { mcmc, seconds, microseconds: (1e6 * sum((chain) => chain.wallSeconds)) / gradients };
}

/**
 * Ten draws with a step size that is given. Later ones need not agree: trajectories magnify rounding, and engines round sines,
 * logarithms and fused products differently.
 */
async function firstDraws(model, sites) {
  const kernel = new infer.NUTS(model, { engine: 'compiled', stepSize: 0.02 });
  const mcmc = new infer.MCMC(kernel, { numSamples: 10, numWarmup: 0, seed: 1, progressBar: false });
  await mcmc.run();
  return flat(mcmc.getSamples(), sites);
}

/** Losses of the first compiled steps of variational inference, and microseconds a step later on. */
async function trained(model) {
  getParamStore().clear();
  setSeed(1);
  const guide = new guides.AutoNormal(model);
  const svi = new infer.SVI({ model, guide, optim: optim.adam({ lr: 0.01 }), loss: new infer.TraceELBO(), engine: 'compiled' });
  const { losses } = await svi.run({ steps: 20, progressBar: false });
  const start = performance.now();
  await svi.run({ steps: 5000, progressBar: false });
  return { losses, microseconds: (performance.now() - start) / 5 };
}

const flat = (samples, sites) => sites.flatMap((site) => [...samples[site].data]);

/** All that is compared, as plain data. */
export async function measure() {
  await ready({ backend: 'cpu' });
  const results = {};
  for (const [name, model] of Object.entries(MODELS)) {
    const density = infer.logDensity(model, [], { engine: 'compiled' });
    const here = [await sampled(model, 'sequential'), await sampled(model, 'sequential')];
    const there = await sampled(model, 'workers');
    const sites = density.siteNames;
    const draws = flat(here[0].mcmc.getSamples(), sites);
    results[name] = {
      values: valuesOf(density),
      evaluation: timeOf(density),
      sampling: Math.min(here[0].microseconds, here[1].microseconds),
      secondsHere: Math.min(here[0].seconds, here[1].seconds),
      secondsInWorkers: there.seconds,
      firstDraws: await firstDraws(model, sites),
      sameInWorkers: flat(there.mcmc.getSamples(), sites).every((x, i) => x === draws[i]),
      summary: here[0].mcmc.summary(),
      steps: await trained(model),
    };
  }
  return results;
}
