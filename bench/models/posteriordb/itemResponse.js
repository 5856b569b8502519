/** @file Item response models. */
import * as tf from '@tensorflow/tfjs-core';
import { deterministic, dist, factor, ops, plate, sample } from '@tychejs/ppl';
import { bernoulli, categorical, logistic, times } from './simulate.js';

function simulateAnswers(stream, items, people) {
  const ability = times(people, () => stream.normal());
  const parameters = times(items, () => ({ a: Math.exp(0.3 * stream.normal()), b: stream.normal() }));
  return parameters.map(({ a, b }) => ability.map((theta) => bernoulli(stream, logistic(a * (theta - b)))));
}

/** irt_2pl-irt_2pl: two parameters an item. */
export const irt2pl = {
  model({ I, J, y }) {
    const sigmaTheta = sample('sigma_theta', dist.halfCauchy(2));
    const theta = plate('people', J, () => sample('theta', dist.normal(0, sigmaTheta)));
    const sigmaA = sample('sigma_a', dist.halfCauchy(2));
    const a = plate('items', I, () => sample('a', dist.logNormal(0, sigmaA)));
    const muB = sample('mu_b', dist.normal(0, 5));
    const sigmaB = sample('sigma_b', dist.halfCauchy(2));
    const b = plate('items again', I, () => sample('b', dist.normal(muB, sigmaB)));
    const logits = tf.mul(tf.expandDims(a, 1), tf.sub(tf.expandDims(theta, 0), tf.expandDims(b, 1)));
    sample('y', dist.bernoulli({ logits }).toEvent(2), { obs: y });
  },
  data: (stream) => ({ I: 20, J: 100, y: simulateAnswers(stream, 20, 100) }),
};

/** lsat_data-lsat_model: Rasch's, with a latent ability of each person. */
export const lsat = {
  model({ N, T, r }) {
    const alpha = plate('questions', T, () => sample('alpha', dist.normal(0, 100)));
    const theta = plate('people', N, () => sample('theta', dist.normal(0, 1)));
    const beta = sample('beta', dist.halfNormal(100));
    const logits = tf.sub(tf.mul(beta, tf.expandDims(theta, 1)), alpha);
    sample('r', dist.bernoulli({ logits }).toEvent(2), { obs: r });
  },
  data: (stream) => ({ N: 200, T: 5, r: times(200, () => (stream.normal(), times(5, (k) => bernoulli(stream, 0.5 + 0.08 * k)))) }),
};

/** sat-hier_2pl: discrimination and difficulty of an item are correlated. */
export const hier2pl = {
  model({ I, J, ii, jj, y }) {
    const theta = plate('people', J, () => sample('theta', dist.normal(0, 1)));
    const mu = sample('mu', dist.normal([0, 0], [1, 5]).toEvent(1));
    const tau = sample('tau', dist.exponential([0.1, 0.1]).toEvent(1));
    const correlation = sample('L_Omega', dist.lkjCholesky(2, 4));
    const scaleTril = tf.mul(tf.expandDims(tau, 1), correlation);
    const xi = plate('items', I, () => sample('xi', dist.multivariateNormal(mu, { scaleTril })));
    const [alpha, beta] = tf.unstack(xi, 1);
    const at = (values, indices) => tf.gather(values, tf.tensor1d(indices, 'int32'));
    const logits = tf.mul(tf.exp(at(alpha, ii)), tf.sub(at(theta, jj), at(beta, ii)));
    plate('answers', y.length, () => sample('y', dist.bernoulli({ logits }), { obs: y }));
  },
  data: (stream) => {
    const y = simulateAnswers(stream, 15, 60).flat();
    return { I: 15, J: 60, ii: y.map((_, n) => Math.floor(n / 60)), jj: y.map((_, n) => n % 60), y };
  },
};

/** timssAusTwn_irt-gpcm_latent_reg_irt: partial credit, with a regression of ability on covariates. */
export const partialCredit = {
  model({ I, J, K, m, y, W }) {
    const alpha = plate('items', I, () => sample('alpha', dist.logNormal(1, 1)));
    const lambda = sample('lambda', dist.studentT(3, [0, 0], 1).toEvent(1));
    const free = plate('free steps', I * m - 1, () => sample('beta_free', dist.normal(0, 3)));
    const beta = deterministic('beta', tf.reshape(tf.concat([free, tf.reshape(tf.neg(tf.sum(free)), [1])]), [I, m]));
    const theta = plate('people', J, () => sample('theta', dist.normal(tf.dot(W, lambda), 1)));
    // Log-odds of score k: Σ_{s ≤ k} (α θ − β_s), and zero of score 0.
    const steps = tf.sub(tf.expandDims(ops.outer(alpha, theta), 2), tf.expandDims(beta, 1));
    const logits = tf.concat([tf.zeros([I, J, 1]), tf.cumsum(steps, 2)], 2);
    if (K !== m + 1) throw new Error('there must be one step fewer than scores');
    sample('y', dist.categorical({ logits }).toEvent(2), { obs: tf.tensor2d(y, [I, J], 'int32') });
  },
  data: (stream) => {
    const W = times(80, (j) => [1, j % 2]);
    const theta = W.map(([, w]) => 0.5 * w + stream.normal());
    const y = times(8, () => theta.map((t) => {
      const odds = [1, Math.exp(t + 0.5), Math.exp(2 * t - 0.3)];
      return categorical(stream, odds.map((o) => o / odds.reduce((sum, x) => sum + x)));
    }));
    return { I: 8, J: 80, K: 3, m: 2, y, W };
  },
};

/** bones_data-bones_model: graded stages of growth, with missing ones (coded −1). */
export const bones = {
  model({ nChild, nInd, gamma, delta, ncat, grade }) {
    const theta = plate('children', nChild, () => sample('theta', dist.normal(0, 36)));
    // P(stage > k), for k = 0 .. ncat: from one down to nothing.
    const terms = [];
    for (let j = 0; j < nInd; j++) {
      const above = tf.sigmoid(tf.mul(delta[j], tf.sub(tf.expandDims(theta, 1), gamma[j].slice(0, ncat[j] - 1))));
      const bounds = tf.concat([tf.ones([nChild, 1]), above, tf.zeros([nChild, 1])], 1);
      const probs = tf.sub(tf.slice(bounds, [0, 0], [nChild, ncat[j]]), tf.slice(bounds, [0, 1], [nChild, ncat[j]]));
      const seen = grade.flatMap((row, i) => (row[j] === -1 ? [] : [[i, row[j] - 1]]));
      terms.push(tf.sum(tf.log(tf.gatherND(probs, tf.tensor2d(seen, [seen.length, 2], 'int32')))));
    }
    factor('grade', tf.addN(terms));
  },
  data: (stream) => {
    const ncat = times(12, (j) => 2 + (j % 4));
    const gamma = ncat.map((count, j) => times(count - 1, (k) => j + 2 * k));
    const delta = ncat.map(() => 0.5 + stream.uniform());
    const grade = times(13, (i) => ncat.map((count, j) => {
      if (stream.uniform() < 0.1) return -1;
      return 1 + gamma[j].filter((g) => stream.uniform() < logistic(delta[j] * (1.3 * i - g))).length;
    }));
    return { nChild: 13, nInd: 12, gamma, delta, ncat, grade };
  },
};

