/**
 * @file A hierarchical model of 1,000 groups: cost of a gradient against the number of observations, and memory over many
 * draws. `node bench/mcmc/scaling.mjs` writes one line of JSON.
 */
import { infer, RandomStream, ready } from '@tychejs/ppl';
import { hierarchical } from '../models/benchmarks.js';

const NUM_GROUPS = 1000;
const since = (start) => (performance.now() - start) / 1000;

function simulate(size) {
  const stream = RandomStream.fromSeed(1);
  const means = Float64Array.from({ length: NUM_GROUPS }, () => 1 + 0.5 * stream.normal());
  const group = Int32Array.from({ length: size }, (_, i) => (i < NUM_GROUPS ? i : stream.integer(NUM_GROUPS)));
  return { numGroups: NUM_GROUPS, group, y: Float64Array.from(group, (g) => means[g] + stream.normal()) };
}

function costs(size) {
  const start = performance.now();
  const density = infer.logDensity(hierarchical, [simulate(size)], { engine: 'compiled' });
  const compileSeconds = since(start);
  const q = Float64Array.from({ length: density.dimension }, (_, i) => 0.1 * Math.sin(i));
  const slope = new Float64Array(density.dimension);
  const meanOf = (count) => {
    const before = performance.now();
    for (let i = 0; i < count; i++) density.evaluate(q, slope);
    return since(before) / count;
  };
  const count = Math.max(3, Math.ceil(0.05 / meanOf(3)));
  return { size, compileSeconds, gradientSeconds: Math.min(...Array.from({ length: 10 }, () => meanOf(count))) };
}

/** Megabytes that are in use besides the draws themselves, at every thousandth of `draws` draws. */
async function memoryOver(draws, size) {
  const megabytes = [];
  let next = 1000;
  const measure = () => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    megabytes.push(Math.round((heapUsed + arrayBuffers) / 1e5) / 10);
  };
  const onProgress = ({ iteration }) => {
    if (iteration < next) return;
    measure();
    next = 1000 * (Math.floor(iteration / 1000) + 1);
  };
  const kernel = new infer.NUTS(hierarchical, { engine: 'compiled' });
  const options = { numSamples: draws, numWarmup: 500, numChains: 1, seed: 1, progressBar: false, executor: 'sequential', onProgress };
  await new infer.MCMC(kernel, options).run(simulate(size));
  return megabytes;
}

await ready({ backend: 'cpu' });
const scaling = [1e3, 1e4, 1e5, 1e6].map(costs);
const megabytes = await memoryOver(10_000, 1e4);
console.log(JSON.stringify({ scaling, memory: { draws: 10_000, observations: 1e4, megabytes } }));
