/** @file Many coefficients, in regressions and in networks. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, deterministic, dist, factor, plate, sample } from '@tychejs/ppl';
import { bernoulli, logistic, times } from './simulate.js';

/** ovarian-logistic_regression_rhs: the regularised horseshoe (Piironen and Vehtari 2017). */
export const regularisedHorseshoe = {
  model({ n, d, y, x, scale_icept, scale_global, slab_scale, slab_df }) {
    const beta0 = sample('beta0', dist.normal(0, scale_icept));
    const z = plate('standard', d, () => sample('z', dist.normal(0, 1)));
    const tau = sample('tau', dist.halfCauchy(scale_global));
    const lambda = plate('local', d, () => sample('lambda', dist.halfCauchy(1)));
    const slab = sample('caux', dist.inverseGamma(slab_df / 2, slab_df / 2));
    const c2 = tf.mul(slab_scale ** 2, slab);
    const squares = tf.square(lambda);
    const regularised = tf.sqrt(tf.div(tf.mul(c2, squares), tf.add(c2, tf.mul(tf.square(tau), squares))));
    const beta = deterministic('beta', tf.mul(tf.mul(z, regularised), tau));
    const logits = tf.add(beta0, tf.dot(x, beta));
    plate('observations', n, () => sample('y', dist.bernoulli({ logits }), { obs: y }));
  },
  data: (stream) => {
    const x = times(54, () => times(120, () => stream.normal()));
    const y = x.map((row) => bernoulli(stream, logistic(2 * row[0] - 2 * row[1])));
    return { n: 54, d: 120, y, x, scale_icept: 10, scale_global: 0.02, slab_scale: 2, slab_df: 100 };
  },
};

/** diamonds-diamonds: a regression with centred, strongly correlated predictors, as brms writes it. */
export const diamonds = {
  model({ N, K, Y, X }) {
    const means = times(K, (k) => X.reduce((sum, row) => sum + row[k], 0) / N);
    const centred = X.map((row) => row.map((value, k) => value - means[k]));
    const b = plate('predictors', K, () => sample('b', dist.normal(0, 1)));
    const intercept = sample('Intercept', dist.studentT(3, 8, 10));
    const sigma = sample('sigma', dist.improperUniform(constraints.positive));
    factor('prior of sigma', dist.studentT(3, 0, 10).logProb(sigma));
    plate('observations', N, () => sample('Y', dist.normal(tf.add(intercept, tf.dot(centred, b)), sigma), { obs: Y }));
  },
  data: (stream) => {
    const size = times(2000, () => stream.normal());
    const X = size.map((s) => times(12, (k) => s ** (1 + (k % 3)) + 0.3 * stream.normal()));
    return { N: 2000, K: 12, X, Y: X.map((row, i) => 7.8 + 1.1 * size[i] + 0.05 * row[5] + 0.1 * stream.normal()) };
  },
};

/** mnist_100-nn_rbm1bJ10, with fewer inputs: a softmax network with one hidden layer and scaled weights. */
export const neuralNetwork = {
  model({ N, M, J, K, x, y }) {
    const sigmaAlpha = sample('sigma_alpha', dist.halfNormal(1));
    const sigmaBeta = sample('sigma_beta', dist.halfNormal(1));
    const alpha = sample('alpha', dist.normal(tf.zeros([M, J]), sigmaAlpha).toEvent(2));
    const beta = sample('beta', dist.normal(tf.zeros([J, K - 1]), sigmaBeta).toEvent(2));
    const alpha1 = sample('alpha1', dist.normal(tf.zeros([J]), 1).toEvent(1));
    const beta1 = sample('beta1', dist.normal(tf.zeros([K - 1]), 1).toEvent(1));
    const hidden = tf.tanh(tf.add(tf.matMul(tf.tensor2d(x), alpha), alpha1));
    const logits = tf.concat([tf.zeros([N, 1]), tf.add(tf.matMul(hidden, beta), beta1)], 1);
    plate('images', N, () => sample('y', dist.categorical({ logits }), { obs: tf.tensor1d(y, 'int32') }));
  },
  data: (stream) => {
    const x = times(100, () => times(30, () => stream.normal()));
    return { N: 100, M: 30, J: 10, K: 10, x, y: x.map((row) => Math.min(9, Math.floor(Math.abs(3 * row[0] + 2 * row[1])))) };
  },
};

/** traffic_accident_nyc-bym2_offset_only: Poisson counts with spatial and independent effects (Morris et al. 2019). */
export const bym2 = {
  model({ N, node1, node2, y, E, scaling_factor }) {
    const beta0 = sample('beta0', dist.normal(0, 1));
    const sigma = sample('sigma', dist.halfNormal(1));
    const rho = sample('rho', dist.beta(0.5, 0.5));
    const theta = plate('areas', N, () => sample('theta', dist.normal(0, 1)));
    const phi = sample('phi', dist.improperUniform(constraints.real, [], [N]));
    const at = (nodes) => tf.gather(phi, tf.tensor1d(nodes, 'int32'));
    factor('neighbours', tf.mul(-0.5, tf.sum(tf.square(tf.sub(at(node1), at(node2))))));
    factor('sum to zero', dist.normal(0, 0.001 * N).logProb(tf.sum(phi)));
    const independent = tf.mul(tf.sqrt(tf.sub(1, rho)), theta);
    const spatial = tf.mul(tf.sqrt(tf.div(rho, scaling_factor)), phi);
    const convolved = tf.mul(tf.add(independent, spatial), sigma);
    const logRate = tf.add(tf.add(E.map(Math.log), beta0), convolved);
    plate('counts', N, () => sample('y', dist.poisson(tf.exp(logRate)), { obs: y }));
  },
  data: (stream) => {
    const side = 10;
    const right = times(100, (i) => i).filter((i) => i % side < side - 1);
    const down = times(90, (i) => i);
    const E = times(100, () => 20 + stream.integer(30));
    return {
      N: 100,
      node1: [...right, ...down],
      node2: [...right.map((i) => i + 1), ...down.map((i) => i + side)],
      E,
      y: E.map((e, i) => Math.round(e * Math.exp(0.4 * Math.sin(i / 15) + 0.2 * stream.normal()))),
      scaling_factor: 0.7,
    };
  },
};
