/** Milliseconds of steps and predictions of networks: medians, on one core. */
import * as tf from '@tensorflow/tfjs-core';
import { guides, handlers, VariationalBNN } from '@tychejs/bnn';
import { optim } from '@tychejs/ppl';

/** Ways to draw weights, by the handler around training and prediction. */
export const WAYS = {
  plain: (body) => body(),
  local: (body) => handlers.localReparameterization().run(body),
  flipout: (body) => handlers.flipout().run(body),
};

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function makeNetwork({ net, prior, likelihood }, guide) {
  return new VariationalBNN({ net: net(), prior: prior(), likelihood: likelihood(), guide });
}

/** By the clock between epochs of one step each; the first tenth is for compilers to warm up. */
async function timeSteps(bnn, data, { repetitions }, engine) {
  const steps = engine === 'eager' ? repetitions.eagerSteps : repetitions.steps;
  const times = [];
  let last = performance.now();
  await bnn.fit(data, {
    optim: optim.adam({ lr: 1e-3 }),
    epochs: steps,
    engine,
    progressBar: false,
    onEpoch: () => {
      const now = performance.now();
      times.push(now - last);
      last = now;
    },
  });
  return median(times.slice(Math.ceil(steps / 10)));
}

/** A step of variational inference, with a mean-field guide. @param way - `'plain'`, `'local'` or `'flipout'`. */
export async function variationalStep(work, data, way, engine) {
  const bnn = makeNetwork(work, guides.autoNormal({ initScale: 0.01 }));
  try {
    return await WAYS[way](() => timeSteps(bnn, data, work, engine));
  } finally {
    bnn.dispose();
  }
}

/** A step of the same network without uncertainty (maximum likelihood), compiled as the others are. */
export async function deterministicStep(work, data) {
  const bnn = makeNetwork(work, null);
  try {
    return await timeSteps(bnn, data, work, 'compiled');
  } finally {
    bnn.dispose();
  }
}

/** A training step of the network itself, by tfjs-layers on the active backend, with the same optimiser. */
export async function layersStep({ net, loss, repetitions }, { x, y }) {
  const model = net();
  const isRegression = loss === 'meanSquaredError';
  model.compile({ optimizer: tf.train.adam(1e-3), loss: isRegression ? loss : tf.losses.softmaxCrossEntropy });
  const targets = isRegression ? y : tf.cast(tf.oneHot(y, 10), 'float32');
  const times = [];
  for (let i = 0; i < 3 * repetitions.eagerSteps; i++) {
    const begin = performance.now();
    const result = await model.trainOnBatch(x, targets);
    times.push(performance.now() - begin);
    tf.dispose(typeof result === 'number' ? [] : result);
  }
  return median(times);
}

/** The first prediction with 32 draws, and later ones. */
export function prediction(work, x, way, engine) {
  const bnn = makeNetwork(work, guides.autoNormal({ initScale: 0.01 }));
  const repetitions = engine === 'eager' ? 3 : work.repetitions.predictions;
  const times = WAYS[way](() =>
    Array.from({ length: repetitions + 1 }, () => {
      const begin = performance.now();
      tf.dispose(bnn.predict(x, { numSamples: 32, engine }));
      return performance.now() - begin;
    }),
  );
  bnn.dispose();
  return { first: times[0], later: median(times.slice(1)) };
}
