/** @file Log densities in plain tfjs, of the kinds that the passes were made for. */
import * as tf from '@tensorflow/tfjs-core';
import type { TraceableFunction } from '../../src/trace/recording.ts';
import { integers, uniform } from './numbers.ts';

/** A log density of a vector. */
export interface Model {
  readonly dimension: number;
  readonly density: (q: tf.Tensor) => tf.Tensor;
}

const HALF_LOG_2PI = Math.log(2 * Math.PI) / 2;

/** How many observations most models have. */
export const N = 100;

const covariates = (): tf.Tensor2D => tf.tensor2d(uniform(3 * N, -1, 1, 1), [N, 3]);
const y = uniform(N, -1, 1, 2);
const labels = integers(N, 2, 3);

/** log Normal(x | loc, scale), entry by entry. */
function normal(x: tf.TensorLike | tf.Tensor, loc: tf.Tensor | number, scale: tf.Tensor | number | number[]): tf.Tensor {
  const z = tf.div(tf.sub(x, loc), scale);
  return tf.sub(tf.sub(tf.mul(-0.5, tf.square(z)), tf.log(scale)), HALF_LOG_2PI);
}

const at = (q: tf.Tensor, i: number): tf.Tensor => tf.reshape(tf.slice(q, i, 1), []);
const part = (q: tf.Tensor, from: number, size: number): tf.Tensor => tf.slice(q, from, size);
const bernoulli = (logits: tf.Tensor): tf.Tensor => tf.sum(tf.sub(tf.mul(logits, labels), tf.softplus(logits)));
const column = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [-1, 1]);

/** Models by name, with their gradients to be traced by `tracedModel`. */
export const MODELS = {
  eightSchools: {
    dimension: 10,
    density: (q) => {
      const [mu, logTau, eta] = [at(q, 0), at(q, 1), part(q, 2, 8)];
      const theta = tf.add(mu, tf.mul(tf.exp(logTau), eta));
      const prior = tf.addN([normal(mu, 0, 5), normal(logTau, 0, 1), tf.sum(normal(eta, 0, 1))]);
      return tf.add(prior, tf.sum(normal([28, 8, -3, 7, -1, 1, 18, 12], theta, [15, 10, 16, 11, 9, 11, 10, 18])));
    },
  },
  regression: {
    dimension: 5,
    density: (q) => {
      const mean = tf.add(tf.reshape(tf.matMul(covariates(), column(part(q, 0, 3))), [N]), at(q, 3));
      return tf.add(tf.sum(normal(y, mean, tf.exp(at(q, 4)))), tf.sum(normal(q, 0, 10)));
    },
  },
  logistic: {
    dimension: 4,
    density: (q) => bernoulli(tf.add(tf.reshape(tf.matMul(covariates(), column(part(q, 0, 3))), [N]), at(q, 3))),
  },
  logisticBySum: {
    dimension: 4,
    density: (q) => bernoulli(tf.add(tf.sum(tf.mul(covariates(), part(q, 0, 3)), 1), at(q, 3))),
  },
  hierarchical: {
    dimension: 22,
    density: (q) => {
      const [mu, scale, effects] = [at(q, 0), tf.exp(at(q, 1)), part(q, 2, 20)];
      const means = tf.gather(tf.add(mu, tf.mul(scale, effects)), tf.tensor1d(integers(N, 20, 4), 'int32'));
      return tf.add(tf.sum(normal(y, means, 0.5)), tf.sum(normal(q, 0, 1)));
    },
  },
  mixture: {
    dimension: 9,
    density: (q) => {
      const weights = tf.logSoftmax(part(q, 0, 3));
      const components = normal(tf.tensor2d(y, [N, 1]), part(q, 3, 3), tf.exp(part(q, 6, 3)));
      return tf.sum(tf.logSumExp(tf.add(weights, components), -1));
    },
  },
  network: {
    dimension: 31,
    density: (q) => {
      const [w1, b1, w2, b2] = [part(q, 0, 10), part(q, 10, 10), part(q, 20, 10), at(q, 30)];
      const hidden = tf.tanh(tf.add(tf.matMul(tf.tensor2d(y, [N, 1]), tf.reshape(w1, [1, 10])), b1));
      const output = tf.add(tf.reshape(tf.matMul(hidden, column(w2)), [N]), b2);
      return tf.add(tf.sum(normal(uniform(N, 0, 1, 5), output, 0.1)), tf.sum(normal(q, 0, 1)));
    },
  },
  convolution: {
    dimension: 18,
    density: (q) => {
      const images = tf.tensor4d(uniform(2 * 6 * 6, -1, 1, 6), [2, 6, 6, 1]);
      const features = tf.relu(tf.conv2d(images, tf.reshape(q, [3, 3, 1, 2]) as tf.Tensor4D, 1, 'same'));
      return tf.sum(tf.logSoftmax(tf.mean<tf.Tensor2D>(tf.maxPool(features, 2, 2, 'valid'), [1, 2])));
    },
  },
  randomWalk: {
    dimension: N + 1,
    density: (q) => {
      const path = part(q, 1, N);
      const steps = normal(tf.slice(path, 1, N - 1), tf.slice(path, 0, N - 1), tf.exp(at(q, 0)));
      return tf.add(tf.sum(steps), tf.sum(normal(y, path, 1)));
    },
  },
  autoregression: {
    dimension: N + 2,
    density: (q) => {
      const [phi, scale] = [tf.tanh(at(q, 0)), tf.exp(at(q, 1))];
      const states: tf.Tensor[] = [];
      let state: tf.Tensor = tf.scalar(0);
      for (const step of tf.unstack(part(q, 2, N))) {
        state = tf.add(tf.mul(phi, state), tf.mul(scale, step));
        states.push(state);
      }
      return tf.add(tf.sum(normal(y, tf.stack(states), 0.5)), tf.sum(normal(q, 0, 1)));
    },
  },
  volatility: {
    dimension: 4,
    density: (q) => {
      const [mu, a0, a1, b1] = [at(q, 0), tf.exp(at(q, 1)), tf.sigmoid(at(q, 2)), tf.sigmoid(at(q, 3))];
      const scales: tf.Tensor[] = [tf.scalar(1)];
      for (let t = 1; t < N; t++) {
        const shock = tf.mul(a1, tf.square(tf.sub(y[t - 1]!, mu)));
        scales.push(tf.sqrt(tf.addN([a0, shock, tf.mul(b1, tf.square(scales[t - 1]!))])));
      }
      return tf.sum(normal(y, mu, tf.stack(scales)));
    },
  },
} as const satisfies Record<string, Model>;

/** A model as what is traced. */
export const densityOf = ({ density }: Model): TraceableFunction => (...inputs) => density(inputs[0]!);
