/** @file Gaussian processes. */
import * as tf from '@tensorflow/tfjs-core';
import { dist, sample } from '@tychejs/ppl';

/** α² exp(−(x_i − x_j)² / 2ρ²), of shape [n, n]. */
function exponentiatedQuadratic(x, alpha, rho) {
  const distances = tf.sub(tf.expandDims(x, 1), tf.expandDims(x, 0));
  return tf.mul(tf.square(alpha), tf.exp(tf.mul(-0.5, tf.square(tf.div(distances, rho)))));
}

/** gp_pois_regr-gp_regr: K = exponentiated quadratic + σ I; y ~ MVN(0, K). */
export function gpRegr({ N, x, y }) {
  const rho = sample('rho', dist.gamma(25, 4));
  const alpha = sample('alpha', dist.halfNormal(2));
  const sigma = sample('sigma', dist.halfNormal(1));
  const covarianceMatrix = tf.add(exponentiatedQuadratic(x, alpha, rho), tf.mul(sigma, tf.eye(N)));
  sample('y', dist.multivariateNormal(tf.zeros([N]), { covarianceMatrix }), { obs: y });
}
