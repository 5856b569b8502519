/**
 * Matrix products on one core, compiled: `npx tsc -b && node bench/matmul.mjs`; with fused multiply-adds,
 * `node --experimental-wasm-relaxed-simd bench/matmul.mjs` where the engine hides them behind that flag.
 *
 * Prints GFLOP/s (2 m n k operations a product) from the fastest of many runs, for all four ways of transposing, beside
 * tfjs-backend-wasm in the same process; then microseconds of products with vectors.
 */
import * as tf from '@tensorflow/tfjs-core';
import { compile, supportsRelaxedSimd } from '@tychejs/jit';
import { ready } from '@tychejs/ppl';

const FLAGS = [[false, false], [false, true], [true, false], [true, true]];

const SIZES = [
  [16, 16, 16],
  [64, 64, 64],
  [100, 50, 50],
  [128, 784, 400],
  [512, 512, 512],
  [1000, 1000, 1000],
];

const VECTORS = [
  { name: 'X b', a: [1000, 20], b: [20, 1], transpose: false },
  { name: 'X^T r', a: [1000, 20], b: [1000, 1], transpose: true },
  { name: 'X b', a: [100, 50], b: [50, 1], transpose: false },
  { name: 'X^T r', a: [100, 50], b: [100, 1], transpose: true },
  { name: 'X b', a: [1000, 1000], b: [1000, 1], transpose: false },
  { name: 'X^T r', a: [1000, 1000], b: [1000, 1], transpose: true },
  { name: 'a b^T', a: [100, 1], b: [1, 50], transpose: false },
];

/** Seconds of one call, the fastest of many within a quarter of a second. */
function fastest(call) {
  let calls = 1;
  const run = () => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    return (performance.now() - start) / 1000;
  };
  while (run() < 5e-4 && calls < 1e6) calls *= 2;
  const end = performance.now() + 250;
  let least = Infinity;
  while (performance.now() < end) least = Math.min(least, run() / calls);
  return least;
}

async function compiled(a, b, transposeA, transposeB, precision, relaxedSimd) {
  const product = (x, y) => tf.matMul(x, y, transposeA, transposeB);
  const program = await compile(product, { inputs: [{ shape: a }, { shape: b }], precision, relaxedSimd, point: null });
  for (const i of [0, 1]) program.inputView(i).forEach((_, p, view) => (view[p] = Math.sin(p + i)));
  return fastest(program.execute);
}

function eager(a, b, transposeA, transposeB) {
  const [x, y] = [a, b].map((shape) => tf.randomUniform(shape, -1, 1, 'float32', 1));
  const seconds = fastest(() => {
    const z = tf.matMul(x, y, transposeA, transposeB);
    z.dispose();
  });
  tf.dispose([x, y]);
  return seconds;
}

await ready({ backend: 'wasm' });
const kinds = [
  ['float32', false],
  ['float64', false],
  ...(supportsRelaxedSimd() ? [['float32', true], ['float64', true]] : []),
];
console.log(`GFLOP/s of a b, a b^T, a^T b, a^T b^T; relaxed SIMD ${supportsRelaxedSimd() ? 'is there' : 'is not there'}`);
for (const [m, k, n] of SIZES) {
  const shapes = (transposeA, transposeB) => [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]];
  const speed = (seconds) => ((2 * m * n * k) / seconds / 1e9).toFixed(1).padStart(6);
  for (const [precision, relaxed] of kinds) {
    const row = [];
    for (const [ta, tb] of FLAGS) row.push(speed(await compiled(...shapes(ta, tb), ta, tb, precision, relaxed)));
    console.log(`${m} x ${k} x ${n}`.padEnd(20), `${precision}${relaxed ? ' fused' : ''}`.padEnd(16), ...row);
  }
  const row = FLAGS.map(([ta, tb]) => speed(eager(...shapes(ta, tb), ta, tb)));
  console.log(`${m} x ${k} x ${n}`.padEnd(20), 'tfjs-wasm'.padEnd(16), ...row);
}
console.log('\nµs of products with vectors: float64, float32, tfjs-wasm');
for (const { name, a, b, transpose } of VECTORS) {
  const seconds = [
    await compiled(a, b, transpose, false, 'float64', false),
    await compiled(a, b, transpose, false, 'float32', false),
    eager(a, b, transpose, false),
  ];
  console.log(`${name}, X [${a.join()}]`.padEnd(32), ...seconds.map((s) => (s * 1e6).toFixed(2).padStart(8)));
}
