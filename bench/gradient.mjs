/**
 * What one gradient of eight schools costs on tfjs's backends: `npx tsc -b && node bench/gradient.mjs`.
 * Prints the least of several means, in microseconds.
 */
import * as tf from '@tensorflow/tfjs-core';
import { deterministic, dist, infer, plate, ready, sample } from '@tychejs/ppl';

const effect = [28, 8, -3, 7, -1, 1, 18, 12];
const standardError = [15, 10, 16, 11, 9, 11, 10, 18];

function eightSchools() {
  const mu = sample('mu', dist.normal(0, 5));
  const tau = sample('tau', dist.halfCauchy(5));
  plate('schools', 8, () => {
    const raw = sample('raw', dist.normal(0, 1));
    const theta = deterministic('theta', tf.add(mu, tf.mul(tau, raw)));
    sample('effect', dist.normal(theta, standardError), { obs: effect });
  });
}

const CALLS = 1000;

for (const backend of ['cpu', 'wasm']) {
  await ready({ backend });
  const density = infer.logDensity(eightSchools, [], { engine: 'eager' });
  const q = new Float64Array(density.dimension).fill(0.3);
  const gradient = new Float64Array(density.dimension);
  const means = Array.from({ length: 8 }, () => {
    const start = performance.now();
    for (let i = 0; i < CALLS; i++) density.evaluate(q, gradient);
    return ((performance.now() - start) / CALLS) * 1000;
  });
  const { kernels } = await tf.profile(() => void density.evaluate(q, gradient));
  console.log(`${backend}: ${Math.min(...means).toFixed(0)} µs a gradient, ${kernels.length} kernels`);
}
