/** @file The models that speed is measured on, besides those of `posteriordb/`. */
import * as tf from '@tensorflow/tfjs-core';
import { data, dist, plate, sample } from '@tychejs/ppl';

/** Logistic regression: 1,000 × 20 in `bench/data/logistic.json`. */
export function logistic({ N, D, X, y }) {
  const alpha = sample('alpha', dist.normal(0, 5));
  const beta = plate('predictors', D, () => sample('beta', dist.normal(0, 1)));
  const logits = tf.add(alpha, tf.dot(data(X), beta));
  plate('observations', N, () => sample('y', dist.bernoulli({ logits }), { obs: y }));
}

/** The Bayesian network of TyXe's regression: 1-50-1, tanh, weights N(0, 1), known noise. */
export function bayesianNetwork({ x, y, noise_sd }) {
  const weights = (name, shape) => sample(name, dist.normal(tf.zeros(shape), 1).toEvent(shape.length));
  const [w1, b1] = [weights('w1', [1, 50]), weights('b1', [50])];
  const [w2, b2] = [weights('w2', [50, 1]), weights('b2', [1])];
  const hidden = tf.tanh(tf.add(tf.matMul(tf.expandDims(data(x), 1), w1), b1));
  const output = tf.squeeze(tf.add(tf.matMul(hidden, w2), b2), [1]);
  plate('observations', x.length, () => sample('y', dist.normal(output, noise_sd), { obs: y }));
}

/** Normal groups, not centred; `group[i]` says which the i-th observation belongs to. */
export function hierarchical({ numGroups, group, y }) {
  const mu = sample('mu', dist.normal(0, 5));
  const tau = sample('tau', dist.halfNormal(2));
  const sigma = sample('sigma', dist.halfNormal(2));
  const standard = plate('groups', numGroups, () => sample('standard', dist.normal(0, 1)));
  const means = tf.add(mu, tf.mul(tau, standard));
  plate('observations', y.length, () => {
    sample('y', dist.normal(tf.gather(means, tf.tensor1d(group, 'int32')), sigma), { obs: y });
  });
}
