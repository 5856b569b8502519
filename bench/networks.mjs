/**
 * Whole networks in float32, compiled: `npx tsc -b && node bench/networks.mjs [name ...]`.
 *
 * Prints, of one value with its gradients in all weights: what tracing, optimising and generating code take, the bytes of
 * the program's memory and code, milliseconds a call (the fastest of many), and milliseconds of eager tfjs-wasm with the
 * mends of ppl in the same process; then the greatest difference between the two, relative to the greatest entry of its
 * gradient: rounding, which in deep networks puts a few entries on the other side of a kink of ReLU (up to some 1e-2 of a
 * gradient whose terms cancel; with smooth activations it is below 1e-4).
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { compile } from '@tychejs/jit';
import { ready } from '@tychejs/ppl';

await ready({ backend: 'wasm' });
const { layers: l } = tfl;

let state = 1;
const uniform = (shape, scale = 1) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((size, n) => size * n, 1) }, () => {
      state = (state * 16807) % 2147483647;
      return scale * (state / 2147483647 - 0.5);
    }),
    shape,
  );

const conv = (filters, strides = 1, kernelSize = 3) => l.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false });

/** Two convolutions with batch normalisation beside a path of one or none. */
function block(x, filters, strides) {
  const norm = (y) => l.batchNormalization().apply(y);
  const relu = (y) => l.reLU().apply(y);
  const inner = norm(conv(filters).apply(relu(norm(conv(filters, strides).apply(x)))));
  const skip = strides === 1 ? x : norm(conv(filters, strides, 1).apply(x));
  return relu(l.add().apply([inner, skip]));
}

const NETWORKS = {
  'MLP 784-400-400-10': {
    x: [128, 784],
    build: (x) => [400, 400].reduce((h, units) => l.dense({ units, activation: 'relu' }).apply(h), x),
  },
  'CNN 28x28, 16, 32': {
    x: [64, 28, 28, 1],
    build: (x) => [16, 32].reduce((h, filters) => {
      const convolved = l.conv2d({ filters, kernelSize: 3, activation: 'relu', padding: 'same' }).apply(h);
      return l.maxPooling2d({ poolSize: 2 }).apply(convolved);
    }, x),
  },
  'ResNet-8 32x32': {
    x: [32, 32, 32, 3],
    build: (x) => {
      const first = l.reLU().apply(l.batchNormalization().apply(conv(16).apply(x)));
      return l.globalAveragePooling2d({}).apply(block(block(block(first, 16, 1), 32, 2), 64, 2));
    },
  },
  'LSTM(32) over 20 steps': {
    x: [32, 20, 8],
    build: (x) => l.lstm({ units: 32, recurrentInitializer: 'glorotUniform' }).apply(x),
  },
};

/** Loss as a function of the weights, and the weights. */
function lossOf({ x: shape, build }) {
  const [batch, ...rest] = shape;
  const input = tfl.input({ shape: rest });
  const features = build(input);
  const flat = features.shape.length > 2 ? l.flatten().apply(features) : features;
  const model = tfl.model({ inputs: input, outputs: l.dense({ units: 10 }).apply(flat) });
  const x = uniform(shape, 2);
  const labels = tf.oneHot(tf.tensor1d(Int32Array.from({ length: batch }, (_, i) => (7 * i) % 10), 'int32'), 10);
  const trainable = model.trainableWeights;
  for (const weight of model.weights) if (!trainable.includes(weight)) weight.write = () => weight;
  const weights = trainable.map((weight) => weight.read().clone());
  const loss = (...values) => {
    trainable.forEach((weight, i) => (weight.read = () => values[i]));
    return tf.losses.softmaxCrossEntropy(labels, model.apply(x, { training: true }));
  };
  return { loss, weights };
}

/** Milliseconds of the fastest call within two seconds. */
function fastest(call) {
  let best = Infinity;
  const begin = performance.now();
  do {
    const start = performance.now();
    call();
    best = Math.min(best, performance.now() - start);
  } while (performance.now() - begin < 2000);
  return best;
}

const columns = ['trace ms', 'compile ms', 'memory kB', 'code kB', 'value+gradient ms', 'eager ms', 'difference'];
console.log(['network'.padEnd(24), ...columns].join('  '));
const wanted = process.argv.slice(2);
for (const [name, network] of Object.entries(NETWORKS)) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  const { loss, weights } = lossOf(network);
  const program = await compile(loss, {
    inputs: weights.map(({ shape }) => ({ shape })),
    precision: 'float32',
    valueAndGrad: true,
    point: null,
  });
  weights.forEach((weight, i) => program.inputView(i).set(weight.dataSync()));
  const eager = () => tf.tidy(() => tf.engine().gradients(() => loss(...weights), weights));
  const difference = tf.tidy(() => {
    program.execute();
    const { grads } = eager();
    return Math.max(
      ...grads.map((gradient, i) => {
        const [expected, actual] = [gradient.dataSync(), program.gradientView(i)];
        const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
        return expected.reduce((most, value, j) => Math.max(most, Math.abs(value - actual[j])), 0) / scale;
      }),
    );
  });
  const { traceMilliseconds, compileMilliseconds, memoryBytes, codeBytes } = program.stats;
  const figures = [traceMilliseconds, compileMilliseconds, memoryBytes / 1024, codeBytes / 1024].map((value) => value.toFixed(0));
  const times = [() => program.execute(), eager].map((call) => fastest(call).toFixed(2));
  const cells = [...figures, ...times, difference.toExponential(1)].map((cell, i) => cell.padStart(columns[i].length));
  console.log([name.padEnd(24), ...cells].join('  '));
}
