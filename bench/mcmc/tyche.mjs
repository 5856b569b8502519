/**
 * @file Measures one case in a process of its own, on one thread: `node bench/mcmc/tyche.mjs CASE SEEDS`. Writes one line of
 * JSON.
 */
import { infer, ready } from '@tychejs/ppl';
import { CASES } from './cases.mjs';

const [name, seeds] = process.argv.slice(2);
const { model, data, draws = 1000 } = CASES[name];
const observed = data();
await ready({ backend: 'cpu' });

const kernel = () => new infer.NUTS(model, { engine: 'compiled' });
const since = (start) => (performance.now() - start) / 1000;

// The very first in this process, tracing and compiling with code that no one has run before.
const beforeFirst = performance.now();
await new infer.MCMC(kernel(), { numSamples: 1, numWarmup: 0, seed: 1, progressBar: false, executor: 'sequential' }).run(observed);
const firstDrawSeconds = since(beforeFirst);

const beforeSecond = performance.now();
const density = infer.logDensity(model, [observed], { engine: 'compiled' });
const compileSeconds = since(beforeSecond);

const runs = [];
let end = {};
for (const seed of seeds.split(',').map(Number)) {
  const options = { numSamples: draws, numWarmup: draws, numChains: 1, seed, progressBar: false, executor: 'sequential' };
  const mcmc = new infer.MCMC(kernel(), options);
  await mcmc.run(observed);
  const [chain] = mcmc.diagnostics();
  const latent = Object.entries(mcmc.summary()).filter(([scalar]) => density.siteNames.includes(scalar.replace(/\[.*/, '')));
  end = lastDraw(mcmc);
  runs.push({
    seed,
    warmupSeconds: chain.warmupSeconds,
    sampleSeconds: chain.wallSeconds - chain.warmupSeconds,
    warmupGradients: chain.warmupLeapfrog,
    sampleGradients: chain.numLeapfrog,
    minEss: Math.min(...latent.map(([, { essBulk }]) => essBulk)),
    maxRHat: Math.max(...latent.map(([, { rHat }]) => rHat)),
    divergences: chain.divergences,
  });
}

function lastDraw(mcmc) {
  const values = {};
  for (const [site, { data: all, shape }] of Object.entries(mcmc.getSamples())) {
    if (density.siteNames.includes(site)) values[site] = Array.from(all.subarray(all.length - all.length / shape[0]));
  }
  return values;
}

console.log(
  JSON.stringify({
    compileSeconds,
    firstDrawSeconds,
    gradientSeconds: gradientAlone(),
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    runs,
  }),
);

/** Seconds an evaluation, near where the chains ended: the least of several means. */
function gradientAlone() {
  const q = new Float64Array(density.dimension);
  const slope = new Float64Array(density.dimension);
  const shapes = density.constrain(q);
  const values = Object.fromEntries(
    Object.entries(end).map(([site, flat]) => [site, nest(flat, shapes[site].shape)]),
  );
  q.set(density.unconstrain(values));
  let sum = 0;
  const meanOf = (count) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      q[0] += 1e-12;
      sum += density.evaluate(q, slope);
    }
    return (performance.now() - start) / 1000 / count;
  };
  const count = Math.max(10, Math.ceil(0.02 / meanOf(20)));
  const means = Array.from({ length: 15 }, () => meanOf(count));
  if (!Number.isFinite(sum)) throw new Error(`${name}: the density is not finite where the chain ended`);
  return Math.min(...means);
}

function nest(flat, shape) {
  if (shape.length === 0) return flat[0];
  const inner = flat.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => nest(flat.slice(i * inner, (i + 1) * inner), shape.slice(1)));
}
