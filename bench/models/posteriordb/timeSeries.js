/** @file Time series. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, dist, plate, sample } from '@tychejs/ppl';

/** arK-arK: y_t ~ N(α + Σ_k β_k y_{t−k}, σ), t > K. */
export function arK({ K, T, y }) {
  const alpha = sample('alpha', dist.normal(0, 10));
  const beta = plate('lags', K, () => sample('beta', dist.normal(0, 10)));
  const sigma = sample('sigma', dist.halfCauchy(2.5));
  const lagged = tf.stack(Array.from({ length: K }, (_, k) => y.slice(K - 1 - k, T - 1 - k)), 1);
  const mean = tf.add(alpha, tf.dot(lagged, beta));
  plate('times', T - K, () => sample('y', dist.normal(mean, sigma), { obs: y.slice(K) }));
}

/**
 * garch-garch11: σ_t² = α₀ + α₁ (y_{t−1} − μ)² + β₁ σ_{t−1}², y_t ~ N(μ, σ_t). The support of β₁ depends on α₁.
 */
export function garch11({ T, y, sigma1 }) {
  const mu = sample('mu', dist.improperUniform(constraints.real));
  const alpha0 = sample('alpha0', dist.improperUniform(constraints.positive));
  const alpha1 = sample('alpha1', dist.improperUniform(constraints.unitInterval));
  const beta1 = sample('beta1', dist.improperUniform(constraints.interval(0, tf.sub(1, alpha1))));
  const variances = [tf.scalar(sigma1 ** 2)];
  for (let t = 1; t < T; t++) {
    const shock = tf.mul(alpha1, tf.square(tf.sub(y[t - 1], mu)));
    variances.push(tf.add(tf.add(alpha0, shock), tf.mul(beta1, variances[t - 1])));
  }
  plate('times', T, () => sample('y', dist.normal(mu, tf.sqrt(tf.stack(variances))), { obs: y }));
}
