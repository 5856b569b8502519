/**
 * Updates in place: `npx tsc -b && node bench/updates.mjs`.
 *
 * Prints, of Adam on a million float32 parameters whose gradient is an argument, the fastest of many runs: milliseconds, and
 * gigabytes a second of what has to be read and written (the gradient, and both ways the parameters and their moments); the
 * same with the loss and the guard against gradients that are not finite, which read the parameters and twice the gradient;
 * with gradients in another order than parameters, so that nothing can be in place; and of copying as many bytes.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { compile } from '@tychejs/jit';
import { ready } from '@tychejs/ppl';

await ready({ backend: 'cpu' });

const SIZE = 1_000_000;
const MEGABYTES = (4 * SIZE) / 1e6;
const RUNS = 200;

/** New values of the parameters and both moments, by Kingma & Ba (2015), after `steps` steps. */
function adam(value, mean, square, gradient, steps) {
  const nextMean = tf.add(tf.mul(0.9, mean), tf.mul(0.1, gradient));
  const nextSquare = tf.add(tf.mul(0.999, square), tf.mul(0.001, tf.square(gradient)));
  const rate = tf.div(tf.mul(1e-3, tf.sqrt(tf.sub(1, tf.pow(0.999, steps)))), tf.sub(1, tf.pow(0.9, steps)));
  return [tf.sub(value, tf.mul(rate, tf.div(nextMean, tf.add(tf.sqrt(nextSquare), 1e-8)))), nextMean, nextSquare];
}

const plain = (_, [gradient], [value, mean, square, steps]) => [...adam(value, mean, square, gradient, tf.add(steps, 1)), tf.add(steps, 1)];

function guarded(_, [gradient], [value, mean, square, steps]) {
  const isFinite = tf.less(tf.max(tf.abs(gradient)), Infinity);
  const next = adam(value, mean, square, gradient, tf.add(steps, 1));
  const chosen = [value, mean, square].map((old, i) => tf.where(tf.broadcastTo(isFinite, [SIZE]), next[i], old));
  return [...chosen, tf.add(steps, 1)];
}

/** The parameters are read backwards by the loop that writes them. */
const backwards = (_, [gradient], [value, mean, square, steps]) => {
  const [next, ...moments] = adam(value, mean, square, gradient, tf.add(steps, 1));
  return [tf.reverse(next), ...moments.map((moment) => tf.reverse(moment)), tf.add(steps, 1)];
};

/** The fastest of many, in milliseconds. */
function fastest(run) {
  let least = Infinity;
  for (let i = 0; i < RUNS; i++) {
    const begin = performance.now();
    run();
    least = Math.min(least, performance.now() - begin);
  }
  return least;
}

async function report(name, fn, update, arrays) {
  const vector = { shape: [SIZE], grad: false };
  const inputs = [{ shape: [SIZE] }, vector, vector, { shape: [], grad: false }, vector];
  const program = await compile(fn, { inputs, precision: 'float32', valueAndGrad: true, update, carry: [0, 1, 2, 3], point: null });
  for (const i of [0, 4]) program.inputView(i).set(Float32Array.from({ length: SIZE }, (_, k) => Math.sin(k + i)));
  print(name, fastest(program.execute), arrays);
}

function print(name, milliseconds, arrays) {
  const rate = (arrays * MEGABYTES) / milliseconds;
  console.log(`${name.padEnd(34)} ${milliseconds.toFixed(2).padStart(6)} ms  ${String(arrays).padStart(2)} arrays  ${rate.toFixed(1).padStart(5)} GB/s`);
}

// Whose gradient in x is g, and which is no work itself.
const linear = (x, _, __, ___, g) => tf.sum(tf.mul(x, g));
const unread = tf.customGrad((x, g) => ({ value: tf.scalar(0), gradFunc: () => [g, g] }));

await report('Adam', (x, _, __, ___, g) => unread(x, g), plain, 7);
await report('Adam with loss and guard', linear, guarded, 9);
await report('Adam, nothing in place', (x, _, __, ___, g) => unread(x, g), backwards, 7);

const [from, to] = [new Float32Array(SIZE * 4.5), new Float32Array(SIZE * 4.5)];
print('a copy of 4.5 arrays to others', fastest(() => to.set(from)), 9);
