/**
 * The networks that are measured, and what TyXe 0.0.2 on torch 1.13 takes for them (CPU, one thread, on a machine of this kind):
 * milliseconds of a step of torch alone, of SVI plainly, with local reparameterisation and with flipout, and of a prediction
 * with 32 draws. `null`: it fails.
 */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { likelihoods, priors } from '@tychejs/bnn';
import { dist } from '@tychejs/ppl';
import { convolutionalNet, perceptron, regressionNet, resNet8 } from '../models/networks.js';

/** Numbers that look random, from one generator. */
let state = 1;
const numbers = (shape) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((size, n) => size * n, 1) }, () => {
      state = (state * 16807) % 2147483647;
      return state / 2147483647;
    }),
    shape,
  );
const images = (...shape) => ({ x: numbers(shape), y: tf.tensor1d(Int32Array.from({ length: shape[0] }, (_, i) => i % 10), 'int32') });
const standardNormal = () => priors.iid(dist.normal(0, 1));

export const CASES = {
  regression: {
    title: '1-50-1, 100 data',
    tyxe: { deterministic: 0.26, plain: 2.45, local: 2.9, flipout: 3.1, predict: 13.1 },
    repetitions: { steps: 4000, eagerSteps: 100, predictions: 200 },
    data: () => {
      const { x, y } = JSON.parse(readFileSync(new URL('../data/bnn_regression.json', import.meta.url), 'utf8'));
      return { x: tf.tensor2d(x, [x.length, 1]), y: tf.tensor2d(y, [y.length, 1]) };
    },
    net: regressionNet,
    prior: standardNormal,
    likelihood: () => likelihoods.homoskedasticGaussian({ scale: 0.1 }),
    loss: 'meanSquaredError',
  },
  mlp: {
    title: 'MLP 784-400-400-10, batch 128',
    tyxe: { deterministic: 5.4, plain: 27.2, local: 34.5, flipout: 45.9, predict: 166 },
    repetitions: { steps: 100, eagerSteps: 8, predictions: 12 },
    data: () => images(128, 784),
    net: perceptron,
    prior: standardNormal,
    likelihood: () => likelihoods.categorical(),
    loss: 'softmaxCrossEntropy',
  },
  cnn: {
    title: 'CNN 28x28, conv 16 and 32, batch 64',
    tyxe: { deterministic: 11.6, plain: 16.6, local: 42.7, flipout: 22.9, predict: 257 },
    repetitions: { steps: 60, eagerSteps: 6, predictions: 8 },
    data: () => images(64, 28, 28, 1),
    net: convolutionalNet,
    prior: standardNormal,
    likelihood: () => likelihoods.categorical(),
    loss: 'softmaxCrossEntropy',
  },
  resnet: {
    title: 'ResNet-8 32x32x3 with batch normalisation, batch 32',
    tyxe: { deterministic: 43.5, plain: 53.3, local: null, flipout: 84.7, predict: 413 },
    repetitions: { steps: 50, eagerSteps: 5, predictions: 5 },
    data: () => images(32, 32, 32, 3),
    net: resNet8,
    prior: () => priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] }),
    likelihood: () => likelihoods.categorical(),
    loss: 'softmaxCrossEntropy',
  },
};

/** The names asked for at the command line, or all. */
export function chosenCases() {
  const wanted = process.argv.slice(2).filter((word) => word !== '--');
  const unknown = wanted.filter((name) => !(name in CASES));
  if (unknown.length > 0) throw new Error(`no network ${unknown.join(', ')}; there are ${Object.keys(CASES).join(', ')}`);
  return { all: wanted.length === 0, cases: Object.entries(CASES).filter(([name]) => wanted.length === 0 || wanted.includes(name)) };
}
