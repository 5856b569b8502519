/**
 * Predictions: `node bench/predictive.mjs [draws]`.
 *
 * Microseconds a draw of `infer.Predictive` for linear regression of 3 sites with 100 observations: compiled, all at once by
 * `parallel`, and eagerly one by one, on tfjs's CPU and WASM backends; and what the first compiled call takes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { dist, handlers, infer, plate, ready, sample } from '@tychejs/ppl';

const draws = Number(process.argv.slice(2).find((arg) => arg !== '--') ?? 4000);

const model = (x, y) => {
  const intercept = sample('intercept', dist.normal(0, 10));
  const slope = sample('slope', dist.normal(0, 1));
  const noise = sample('noise', dist.halfNormal(1));
  plate('data', x.shape[0], () => sample('y', dist.normal(tf.add(intercept, tf.mul(slope, x)), noise), { obs: y }));
};

const column = (f) => ({ data: Float64Array.from({ length: draws }, (_, i) => f(i)), shape: [draws] });
const posteriorSamples = {
  intercept: column((i) => 1 + 0.1 * Math.sin(i)),
  slope: column((i) => 2 + 0.1 * Math.cos(3 * i)),
  noise: column((i) => 0.5 + 0.05 * Math.sin(7 * i)),
};

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Microseconds a draw of the first call, and of later ones. */
async function time(options, x, repetitions) {
  const predictive = new infer.Predictive(model, { posteriorSamples, ...options });
  const times = [];
  for (let i = 0; i < repetitions; i++) {
    const begin = performance.now();
    const result = await handlers.seed({ seed: i }).run(() => predictive.sample(x, null));
    times.push(((performance.now() - begin) * 1000) / (options.numSamples ?? draws));
    tf.dispose(result);
  }
  return { first: times[0], later: median(times.slice(1)) };
}

console.log(`| backend | way | µs a draw | first call | to compiled |`);
console.log('| --- | --- | --- | --- | --- |');
for (const backend of ['cpu', 'wasm']) {
  await ready({ backend });
  const x = tf.linspace(-1, 1, 100);
  const ways = { compiled: { engine: 'compiled' }, parallel: { parallel: true }, 'one by one': { engine: 'eager', numSamples: Math.min(draws, 400) } };
  let compiled;
  for (const [way, options] of Object.entries(ways)) {
    const { first, later } = await time(options, x, way === 'one by one' ? 4 : 10);
    compiled ??= later;
    console.log(`| ${backend} | ${way} | ${later.toFixed(2)} | ${first.toFixed(2)} | ${(later / compiled).toFixed(1)} |`);
  }
  x.dispose();
}
