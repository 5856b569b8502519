/**
 * @file What NUTS costs besides the model: time per leapfrog step on a standard normal in 10 dimensions (or as many as
 * the first argument says), with the density's own time taken off. Build first: npx tsc -b packages/ppl.
 *
 *     node bench/mcmcOverhead.mjs [dimension]
 */
import { infer } from '@tychejs/ppl';

const dimension = Number(process.argv[2] ?? 10);
const density = {
  dimension,
  evaluate(q, gradient) {
    let squares = 0;
    for (let i = 0; i < dimension; i++) {
      gradient[i] = -q[i];
      squares += q[i] * q[i];
    }
    return -0.5 * squares;
  },
};

/** The least of many short measurements: what is left of the noise of a shared machine. */
async function least(repetitions, measure) {
  let best = Infinity;
  for (let i = 0; i < repetitions; i++) best = Math.min(best, await measure());
  return best;
}

function evaluation() {
  const q = new Float64Array(dimension).fill(1e-3);
  const gradient = new Float64Array(dimension);
  const evaluations = 1e5;
  const start = performance.now();
  for (let i = 0; i < evaluations; i++) density.evaluate(q, gradient);
  return ((performance.now() - start) / evaluations) * 1e6;
}

const own = await least(100, evaluation);
console.log(`density alone: ${own.toFixed(0)} ns`);
for (const massMatrix of ['identity', 'diagonal', 'dense']) {
  const kernel = new infer.NUTS(density, { massMatrix, stepSize: 0.7 });
  let steps = 0;
  const time = await least(200, async () => {
    const mcmc = new infer.MCMC(kernel, { numSamples: 1000, numWarmup: 0, seed: 1, progressBar: false });
    await mcmc.run();
    const [{ wallSeconds, numLeapfrog }] = mcmc.diagnostics();
    steps = numLeapfrog / 1000;
    return (wallSeconds / numLeapfrog) * 1e9;
  });
  console.log(
    `${massMatrix}: ${time.toFixed(0)} ns a leapfrog step, ${(time - own).toFixed(0)} ns of it overhead ` +
      `(${steps.toFixed(1)} steps a draw; momentum draws and records included)`,
  );
}
