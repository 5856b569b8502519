/** @file Gaussian processes. */
import * as tf from '@tensorflow/tfjs-core';
import { deterministic, dist, ops, plate, sample } from '@tychejs/ppl';
import { times } from './simulate.js';

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

/** gp_pois_regr-gp_pois_regr: counts k ~ Poisson(exp f), f a Gaussian process by its Cholesky factor. */
export const gpPoisRegr = {
  model({ N, x, k }) {
    const rho = sample('rho', dist.gamma(25, 4));
    const alpha = sample('alpha', dist.halfNormal(2));
    const standard = plate('points', N, () => sample('f_tilde', dist.normal(0, 1)));
    const covariance = tf.add(exponentiatedQuadratic(x, alpha, rho), tf.mul(1e-10, tf.eye(N)));
    const f = deterministic('f', ops.matVec(ops.cholesky(covariance), standard));
    plate('counts', N, () => sample('k', dist.poisson(tf.exp(f)), { obs: k }));
  },
  data: () => ({ N: 11, x: [-10, -8, -6, -4, -2, 0, 2, 4, 6, 8, 10], k: [40, 37, 29, 12, 4, 3, 9, 19, 77, 82, 33] }),
};

/** Eigenfunctions of the Laplacian on (-L, L), [n, m], and the roots of their eigenvalues. */
function laplacian(x, boundary, terms) {
  const roots = times(terms, (j) => ((j + 1) * Math.PI) / (2 * boundary));
  const basis = x.map((at) => roots.map((root) => Math.sin(root * (at + boundary)) / Math.sqrt(boundary)));
  return { roots, basis };
}

/** Square roots of the spectral density of an exponentiated quadratic covariance at `roots`. */
function spectralScale(roots, sd, length) {
  const amplitude = tf.mul(sd, tf.sqrt(tf.mul(Math.sqrt(2 * Math.PI), length)));
  return tf.mul(amplitude, tf.exp(tf.mul(-0.25, tf.square(tf.mul(length, roots)))));
}

/** mcycle_gp-accel_gp: Gaussian processes of mean and of log scale, in a basis (Riutort-Mayol et al. 2023). */
export const accelGp = {
  model({ N, Y, x }) {
    const process = (name, terms, sdPrior) => {
      const { roots, basis } = laplacian(x, 1.5, terms);
      const sd = sample(`sdgp_${name}`, sdPrior);
      const length = sample(`lscale_${name}`, dist.inverseGamma(1.12, 0.06));
      const z = plate(`terms_${name}`, terms, () => sample(`zgp_${name}`, dist.normal(0, 1)));
      return tf.dot(basis, tf.mul(spectralScale(roots, sd, length), z));
    };
    const intercept = sample('Intercept', dist.studentT(3, -13, 36));
    const mean = tf.add(intercept, process('mean', 20, dist.truncatedNormal(0, 36, 0, Infinity)));
    const logScaleIntercept = sample('Intercept_sigma', dist.studentT(3, 0, 10));
    const scale = tf.exp(tf.add(logScaleIntercept, process('sigma', 10, dist.halfNormal(10))));
    plate('observations', N, () => sample('Y', dist.normal(mean, scale), { obs: Y }));
  },
  data: (stream) => {
    const x = times(133, (i) => i / 66 - 1);
    return { N: 133, x, Y: x.map((t) => -100 * Math.exp(-8 * (t + 0.3) ** 2) + 40 * Math.exp(-8 * (t - 0.3) ** 2) + Math.exp(2 + t) * stream.normal()) };
  },
};

/** synthetic_grid_RBF_kernels-kronecker_gp: a process on a grid, whose covariance is a Kronecker product. */
export const kroneckerGp = {
  model({ n1, n2, x1, x2, y }) {
    const [var1, length1, length2] = ['var1', 'bw1', 'bw2'].map((name) => sample(name, dist.logNormal(0, 1)));
    const sigma = sample('sigma1', dist.logNormal(0, 1));
    const root = (x, amplitude, length, n) => ops.cholesky(tf.add(exponentiatedQuadratic(x, amplitude, length), tf.mul(1e-6, tf.eye(n))));
    const standard = plate('columns', n2, () => plate('rows', n1, () => sample('eta', dist.normal(0, 1))));
    const rows = root(x1, tf.sqrt(var1), length1, n1);
    const columns = root(x2, tf.scalar(1), length2, n2);
    const f = deterministic('f', tf.matMul(tf.matMul(rows, standard), columns, false, true));
    sample('y', dist.normal(f, sigma).toEvent(2), { obs: y });
  },
  data: (stream) => {
    const [x1, x2] = [times(12, (i) => i / 11), times(10, (j) => j / 9)];
    return { n1: 12, n2: 10, x1, x2, y: x1.map((a) => x2.map((b) => Math.sin(5 * a) * Math.cos(3 * b) + 0.1 * stream.normal())) };
  },
};
