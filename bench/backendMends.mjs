/**
 * @file What the mends of `packages/ppl/src/backend` gain: milliseconds a call (medians) with tfjs as published and with
 * the mends in place. Run after a build: `node bench/backendMends.mjs`.
 */
import { createRequire } from 'node:module';

// The very tfjs that ppl uses, without ppl: imported first, and mended only when ppl is imported below.
const require = createRequire(new URL('../packages/ppl/package.json', import.meta.url));
const tf = require('@tensorflow/tfjs-core');
for (const name of ['tfjs-backend-cpu', 'tfjs-backend-wasm', 'tfjs-layers']) require(`@tensorflow/${name}`);
tf.enableProdMode();

await tf.setBackend('wasm');
let state = 1;
const random = (shape) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((product, n) => product * n, 1) }, () => {
      state = (state * 16807) % 2147483647;
      return state / 2147483647 - 0.5;
    }),
    shape,
  );

/** One training step of a network 784-400-400-10 on a batch of 128: loss and gradients. */
function networkStep() {
  const sizes = [784, 400, 400, 10];
  const x = random([128, 784]);
  const weights = [0, 1, 2].map((i) => random([sizes[i], sizes[i + 1]]));
  return () =>
    tf.tidy(() => {
      const loss = (...w) => tf.sum(tf.square(w.reduce((h, m, i) => (i < 2 ? tf.relu(tf.matMul(h, m)) : tf.matMul(h, m)), x)));
      tf.valueAndGrads(loss)(weights);
    });
}

const ids = tf.tensor(Int32Array.from({ length: 10_000 }, (_, i) => (i * 31) % 50), [10_000], 'int32');
const table = random([50]);
const image = random([32, 28, 28, 16]);
const filter = random([3, 3, 16, 32]);
const depthwise = random([3, 3, 16, 1]);
const dy = random([32, 28, 28, 32]);
const [a, b, at, bt] = [random([128, 784]), random([784, 400]), random([784, 128]), random([400, 784])];
const [manyA, manyB] = [random([10, 128, 200]), random([10, 200, 100])];

const gradientIn = (i, f) => (...xs) => () => tf.tidy(() => tf.grad((x) => f(...xs.map((y, j) => (j === i ? x : y))))(xs[i]));
const conv = (x, f) => tf.conv2d(x, f, 1, 'same');

const cases = [
  ['matMul 128x784x400, plain', ['wasm'], () => tf.tidy(() => tf.matMul(a, b))],
  ['matMul 128x784x400, left transposed', ['wasm'], () => tf.tidy(() => tf.matMul(at, b, true))],
  ['matMul 128x784x400, right transposed', ['wasm'], () => tf.tidy(() => tf.matMul(a, bt, false, true))],
  ['matMul 10 x 128x200x100', ['wasm'], () => tf.tidy(() => tf.matMul(manyA, manyB))],
  ['gradients of a network 784-400-400-10, batch 128', ['wasm'], networkStep()],
  ['gradient of gather, 10000 from 50', ['cpu', 'wasm'], gradientIn(0, (x) => tf.gather(x, ids))(table)],
  ['unsortedSegmentSum, 10000 to 50', ['cpu', 'wasm'], () => tf.tidy(() => tf.unsortedSegmentSum(dyRow, ids, 50))],
  ['conv2d 3x3x16->32 on 32x28x28, gradient in the filter', ['wasm', 'cpu'], gradientIn(1, conv)(image, filter)],
  ['conv2d the same, gradient in the input', ['wasm', 'cpu'], gradientIn(0, conv)(image, filter)],
  ['conv2d transposed, stride 2', ['wasm'], () => tf.tidy(() => tf.conv2dTranspose(dy, filter, [32, 56, 56, 16], 2, 'same'))],
  ['depthwise conv2d 3x3x16 on 32x28x28, gradient in the filter', ['wasm'], gradientIn(1, (x, f) => tf.depthwiseConv2d(x, f, 1, 'same'))(image, depthwise)],
  ['depthwise conv2d the same, gradient in the input', ['wasm'], gradientIn(0, (x, f) => tf.depthwiseConv2d(x, f, 1, 'same'))(image, depthwise)],
  ['maxPool 2x2 on 32x28x28x16, gradient', ['wasm'], gradientIn(0, (x) => tf.maxPool(x, 2, 2, 'same'))(image)],
];
const dyRow = random([10_000]);

async function measure(backend, run) {
  await tf.setBackend(backend);
  try {
    run();
    const times = [];
    for (let spent = 0, i = 0; i < 3 || (spent < 500 && i < 200); i++) {
      const start = performance.now();
      run();
      times.push(performance.now() - start);
      spent += times.at(-1);
      if (spent > 5000) break;
    }
    return times.sort((x, y) => x - y)[times.length >> 1].toFixed(3);
  } catch (error) {
    return /not registered/.test(error.message) ? 'no kernel' : `error: ${error.message}`;
  }
}

async function measureAll() {
  const results = [];
  for (const [, backends, run] of cases) for (const backend of backends) results.push(await measure(backend, run));
  return results;
}

const before = await measureAll();
await import('@tychejs/ppl');
const after = await measureAll();
console.log(`${'ms a call'.padEnd(62)}${'backend'.padEnd(9)}${'tfjs'.padStart(12)}${'mended'.padStart(12)}`);
let row = 0;
for (const [name, backends] of cases) {
  for (const backend of backends) {
    console.log(`${name.padEnd(62)}${backend.padEnd(9)}${before[row].padStart(12)}${after[row].padStart(12)}`);
    row++;
  }
}
