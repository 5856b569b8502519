/** @file Mixtures. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, dist, factor, ops, plate, sample } from '@tychejs/ppl';
import { categorical, times } from './simulate.js';

/** low_dim_gauss_mix-low_dim_gauss_mix: y ~ θ N(μ₁, σ₁) + (1 − θ) N(μ₂, σ₂), with μ in ascending order. */
export function lowDimGaussMix({ N, y }) {
  const mu = sample('mu', dist.improperUniform(constraints.ordered, [], [2]));
  factor('prior of mu', dist.normal(0, 2).logProb(mu));
  const sigma = plate('components', 2, () => sample('sigma', dist.halfNormal(2)));
  const theta = sample('theta', dist.beta(5, 5));
  const weights = dist.categorical({ probs: tf.stack([theta, tf.sub(1, theta)]) });
  plate('observations', N, () => sample('y', dist.mixtureSameFamily(weights, dist.normal(mu, sigma)), { obs: y }));
}

/** normal_2-normal_mixture, unordered: the weight alone is unknown beside two locations. */
export const normalMixture = {
  model({ N, y }) {
    const theta = sample('theta', dist.uniform(0, 1));
    const mu = plate('components', 2, () => sample('mu', dist.normal(0, 10)));
    const [first, second] = tf.unstack(mu);
    const ofFirst = tf.add(tf.log(theta), dist.normal(first, 1).logProb(y));
    const ofSecond = tf.add(tf.log1p(tf.neg(theta)), dist.normal(second, 1).logProb(y));
    plate('observations', N, () => factor('y', ops.logaddexp(ofFirst, ofSecond)));
  },
  data: (stream) => ({ N: 300, y: times(300, () => (stream.uniform() < 0.3 ? -6 : 4) + stream.normal()) }),
};

/** normal_5-normal_mixture_k: five components, their weights a simplex. */
export const normalMixtureK = {
  model({ K, N, y }) {
    const theta = sample('theta', dist.dirichlet(tf.ones([K])));
    const mu = plate('components', K, () => sample('mu', dist.normal(0, 10)));
    const sigma = plate('scales', K, () => sample('sigma', dist.uniform(0, 10)));
    const components = dist.normal(mu, sigma);
    const weights = dist.categorical({ probs: theta });
    plate('observations', N, () => sample('y', dist.mixtureSameFamily(weights, components), { obs: y }));
  },
  data: (stream) => ({ K: 5, N: 250, y: times(250, (i) => [-10, -4, 0, 5, 11][i % 5] + stream.normal()) }),
};

/** three_men1-ldaK2: topics of documents, the topic of each word summed out (Blei et al. 2003). */
export const lda = {
  model({ K, V, M, w, doc, alpha, beta }) {
    const theta = plate('documents', M, () => sample('theta', dist.dirichlet(alpha)));
    const phi = plate('topics', K, () => sample('phi', dist.dirichlet(beta)));
    const index = (values) => tf.tensor1d(values, 'int32');
    const ofDocument = tf.gather(tf.log(theta), index(doc));
    const ofWord = tf.gather(tf.log(tf.transpose(phi)), index(w));
    if (alpha.length !== K || beta.length !== V) throw new Error('priors of another size');
    factor('words', tf.logSumExp(tf.add(ofDocument, ofWord), 1));
  },
  data: (stream) => {
    const doc = times(600, (n) => Math.floor(n / 40));
    const w = doc.map((d) => {
      const topic = categorical(stream, d < 7 ? [0.9, 0.1] : [0.2, 0.8]);
      return (topic === 0 ? 0 : 6) + stream.integer(8);
    });
    return { K: 2, V: 14, M: 15, w, doc, alpha: [1, 1], beta: Array(14).fill(1) };
  },
};
