/**
 * What one gradient of eight schools costs on tfjs's backends: `npx tsc -b && node bench/gradient.mjs`.
 * Prints the least of several means, in microseconds.
 */
import * as tf from '@tensorflow/tfjs-core';
import { infer, ready } from '@tychejs/ppl';
import { CASES } from './mcmc/cases.mjs';

const { model, data } = CASES['eight_schools-eight_schools_noncentered'];
const CALLS = 1000;

for (const backend of ['cpu', 'wasm']) {
  await ready({ backend });
  const density = infer.logDensity(model, [data()], { engine: 'eager' });
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
