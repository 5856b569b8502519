/** @file Mixtures. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, dist, factor, plate, sample } from '@tychejs/ppl';

/** low_dim_gauss_mix-low_dim_gauss_mix: y ~ θ N(μ₁, σ₁) + (1 − θ) N(μ₂, σ₂), with μ in ascending order. */
export function lowDimGaussMix({ N, y }) {
  const mu = sample('mu', dist.improperUniform(constraints.ordered, [], [2]));
  factor('prior of mu', dist.normal(0, 2).logProb(mu));
  const sigma = plate('components', 2, () => sample('sigma', dist.halfNormal(2)));
  const theta = sample('theta', dist.beta(5, 5));
  const weights = dist.categorical({ probs: tf.stack([theta, tf.sub(1, theta)]) });
  plate('observations', N, () => sample('y', dist.mixtureSameFamily(weights, dist.normal(mu, sigma)), { obs: y }));
}
