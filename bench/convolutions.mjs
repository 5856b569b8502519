/**
 * Convolutions of 3 by 3 and 1 by 1 on one core in float32, compiled: `npx tsc -b && node bench/convolutions.mjs`.
 *
 * Prints, of a convolution and of its gradients in image and filter, milliseconds (the fastest of many), GFLOP/s of the sums of
 * products that stand for it (2 operations a product: minimal filtering does fewer), the greatest error, relative to the
 * greatest sum of magnitudes, against float64, and milliseconds of tfjs-backend-wasm, where it has the kernel.
 */
import * as tf from '@tensorflow/tfjs-core';
import { compile } from '@tychejs/jit';
import { ready } from '@tychejs/ppl';

/** Batch, height and width, channels, filters, window, stride. */
const CASES = [
  [32, 32, 3, 16, 3, 1],
  [32, 32, 16, 16, 3, 1],
  [32, 16, 32, 32, 3, 1],
  [32, 8, 64, 64, 3, 1],
  [64, 14, 16, 32, 3, 1],
  [32, 32, 16, 32, 3, 2],
  [32, 32, 16, 32, 1, 2],
];

/** Milliseconds of one call, the fastest within half a second. */
function fastest(call) {
  const end = performance.now() + 500;
  let least = Infinity;
  while (performance.now() < end) {
    const start = performance.now();
    call();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

const sizeOf = (shape) => shape.reduce((product, n) => product * n, 1);

/** Numbers from -1 to 1 that look random. */
function numbers(shape, seed) {
  let state = 1 + seed;
  return Float32Array.from({ length: sizeOf(shape) }, () => {
    state = (state * 16807) % 2147483647;
    return 2 * (state / 2147483647) - 1;
  });
}


async function programOf(fn, shapes, precision, values) {
  const program = await compile(fn, { inputs: shapes.map((shape) => ({ shape })), precision, point: null });
  values.forEach((own, i) => program.inputView(i).set(own));
  return program;
}

await ready({ backend: 'wasm' });
console.log('| batch, size, channels, filters, window, stride | pass | ms | GFLOP/s | error | tfjs-wasm, ms |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const [batch, size, channels, filters, window, stride] of CASES) {
  const output = Math.ceil(size / stride);
  const [x, w, y] = [[batch, size, size, channels], [window, window, channels, filters], [batch, output, output, filters]];
  const flops = 2 * sizeOf(y) * window * window * channels;
  const kernel = (name, a, b, attrs) => tf.engine().runKernel(name, { [a[0]]: a[1], [b[0]]: b[1] }, { strides: stride, pad: 'same', dataFormat: 'NHWC', ...attrs });
  const passes = {
    output: { shapes: [x, w], fn: (a, b) => tf.conv2d(a, b, stride, 'same') },
    'gradient in the image': { shapes: [y, w], fn: (dy, b) => kernel(tf.Conv2DBackpropInput, ['dy', dy], ['filter', b], { inputShape: x }) },
    'gradient in the filter': { shapes: [x, y], fn: (a, dy) => kernel(tf.Conv2DBackpropFilter, ['x', a], ['dy', dy], { filterShape: w }) },
  };
  for (const [pass, { shapes, fn }] of Object.entries(passes)) {
    const values = shapes.map(numbers);
    const program = await programOf(fn, shapes, 'float32', values);
    const ms = fastest(program.execute);
    const exact = (await programOf(fn, shapes, 'float64', values)).run(...values).outputs[0];
    const magnitudes = values.map((own) => own.map(Math.abs));
    const most = (await programOf(fn, shapes, 'float64', magnitudes)).run(...magnitudes).outputs[0].reduce((a, b) => Math.max(a, b));
    const error = program.outputView(0).reduce((worst, value, i) => Math.max(worst, Math.abs(value - exact[i])), 0) / most;
    const tensors = shapes.map((shape, i) => tf.tensor(values[i], shape));
    const has = tf.getKernel(pass === 'output' ? tf.Conv2D : pass.endsWith('image') ? tf.Conv2DBackpropInput : tf.Conv2DBackpropFilter, 'wasm') !== undefined;
    const eager = has ? fastest(() => fn(...tensors).dispose()).toFixed(2) : '–';
    tf.dispose(tensors);
    console.log(`| ${[batch, size, channels, filters, window, stride].join(', ')} | ${pass} | ${ms.toFixed(2)} | ${(flops / ms / 1e6).toFixed(0)} | ${error.toExponential(1)} | ${eager} |`);
  }
}
