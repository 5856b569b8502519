/** @file Generalised linear models of counts and of successes. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, dist, factor, ops, plate, sample } from '@tychejs/ppl';
import { bernoulli, binomial, logistic, poisson, times } from './simulate.js';

/** a + b₁x + b₂x² + ... */
const polynomial = (a, b, x) => b.reduce((sum, slope, i) => tf.add(sum, tf.mul(slope, x.map((v) => v ** (i + 1)))), a);
const YEARS = times(40, (i) => (i - 19.5) / 19.5);
const slopes = () => ['beta1', 'beta2', 'beta3'].map((name) => sample(name, dist.uniform(-10, 10)));

/** GLM_Poisson_Data-GLM_Poisson_model: a cubic trend. */
export const glmPoisson = {
  model({ n, C, year }) {
    const alpha = sample('alpha', dist.uniform(-20, 20));
    const logRate = polynomial(alpha, slopes(), year);
    plate('years', n, () => sample('C', dist.poisson(tf.exp(logRate)), { obs: C }));
  },
  data: (stream) => ({ n: 40, year: YEARS, C: YEARS.map((x) => poisson(stream, Math.exp(3.5 + x + 0.2 * x * x - 0.5 * x ** 3))) }),
};

/** GLMM_Poisson_data-GLMM_Poisson_model: the same with a random effect of each year. */
export const glmmPoisson = {
  model({ n, C, year }) {
    const alpha = sample('alpha', dist.uniform(-20, 20));
    const trend = polynomial(alpha, slopes(), year);
    const sigma = sample('sigma', dist.uniform(0, 5));
    plate('years', n, () => {
      const eps = sample('eps', dist.normal(0, sigma));
      sample('C', dist.poisson(tf.exp(tf.add(trend, eps))), { obs: C });
    });
  },
  data: (stream) => ({
    n: 40, year: YEARS, C: YEARS.map((x) => poisson(stream, Math.exp(3.5 + x - 0.5 * x ** 3 + 0.2 * stream.normal()))),
  }),
};

/** GLM_Binomial_data-GLM_Binomial_model. */
export const glmBinomial = {
  model({ nyears, C, N, year }) {
    const [alpha, beta1, beta2] = ['alpha', 'beta1', 'beta2'].map((name) => sample(name, dist.normal(0, 100)));
    const logits = polynomial(alpha, [beta1, beta2], year);
    plate('years', nyears, () => sample('C', dist.binomial(N, { logits }), { obs: C }));
  },
  data: (stream) => {
    const N = YEARS.map(() => 10 + stream.integer(60));
    return { nyears: 40, year: YEARS, N, C: YEARS.map((x, i) => binomial(stream, N[i], logistic(0.5 - x * x))) };
  },
};

/** nes_logit_data-nes_logit_model, and with it the family of wells_data. */
export const nesLogit = {
  model({ N, income, vote }) {
    const alpha = sample('alpha', dist.improperUniform(constraints.real));
    const beta = sample('beta', dist.improperUniform(constraints.real, [], [1]));
    const logits = tf.add(alpha, tf.mul(beta, income));
    plate('voters', N, () => sample('vote', dist.bernoulli({ logits }), { obs: vote }));
  },
  data: (stream) => {
    const income = times(800, () => 1 + stream.integer(5));
    return { N: 800, income, vote: income.map((x) => bernoulli(stream, logistic(-1.4 + 0.33 * x))) };
  },
};

/** Avoidances and shocks before each trial, [dog, trial], and shocks y. */
function simulateDogs(stream) {
  const y = times(30, () => {
    const row = [];
    while (row.length < 25) {
      const shocks = row.reduce((sum, shock) => sum + shock, 0);
      row.push(bernoulli(stream, 0.92 ** (row.length - shocks) * 0.99 ** shocks * 0.98));
    }
    return row;
  });
  return { n_dogs: 30, n_trials: 25, y };
}

function history(y) {
  const shocks = y.map((row) => row.map((_, t) => row.slice(0, t).reduce((sum, shock) => sum + shock, 0)));
  return { shocks, avoidances: shocks.map((row) => row.map((count, t) => t - count)) };
}

/** dogs-dogs: a logistic model of learning (Gelman and Hill 2007). */
export const dogs = {
  model({ y }) {
    const { shocks, avoidances } = history(y);
    const [b1, b2, b3] = tf.unstack(plate('terms', 3, () => sample('beta', dist.normal(0, 100))));
    const logits = tf.addN([tf.broadcastTo(b1, [30, 25]), tf.mul(b2, avoidances), tf.mul(b3, shocks)]);
    sample('y', dist.bernoulli({ logits }).toEvent(2), { obs: y });
  },
  data: simulateDogs,
};

/** dogs-dogs_log: a product of powers, p = exp(β₁ avoidances + β₂ shocks) with β < 0. */
export const dogsLog = {
  model({ y }) {
    const { shocks, avoidances } = history(y);
    const [b1, b2] = tf.unstack(sample('beta', dist.uniform([-100, -100], 0).toEvent(1)));
    const probs = tf.exp(tf.add(tf.mul(b1, avoidances), tf.mul(b2, shocks)));
    sample('y', dist.bernoulli({ probs }).toEvent(2), { obs: y });
  },
  data: (stream) => {
    const { y, ...sizes } = simulateDogs(stream);
    // The first trial has probability one: every dog is shocked.
    return { ...sizes, y: y.map(([, ...rest]) => [1, ...rest]) };
  },
};

/** dogs-dogs_hierarchical: p = a^shocks b^avoidances. */
export const dogsHierarchical = {
  model({ y }) {
    const { shocks, avoidances } = history(y);
    const [a, b] = ['a', 'b'].map((name) => sample(name, dist.uniform(0, 1)));
    const probs = tf.mul(tf.pow(a, shocks), tf.pow(b, avoidances));
    sample('y', dist.bernoulli({ probs }).toEvent(2), { obs: y });
  },
  data: dogsLog.data,
};

/** M0_data-M0_model: capture and recapture, with animals that were never seen summed out. */
export const m0 = {
  model({ M, T, seen }) {
    const omega = sample('omega', dist.uniform(0, 1));
    const p = sample('p', dist.uniform(0, 1));
    const ofSeen = tf.add(tf.log(omega), dist.binomial(T, { probs: p }).logProb(seen));
    const neverSeen = tf.add(tf.log(omega), tf.mul(T, tf.log1p(tf.neg(p))));
    const others = ops.logaddexp(neverSeen, tf.log1p(tf.neg(omega)));
    factor('seen', ofSeen);
    factor('never seen', tf.mul(M - seen.length, others));
  },
  data: (stream) => ({ M: 250, T: 3, seen: times(100, () => binomial(stream, 3, 0.5)).filter((count) => count > 0) }),
};

/** Mh_data-Mh_model: each animal has its own catchability. */
export const mh = {
  model({ M, T, y }) {
    const omega = sample('omega', dist.uniform(0, 1));
    const meanP = sample('mean_p', dist.uniform(0, 1));
    const sigma = sample('sigma', dist.uniform(0, 5));
    plate('animals', M, () => {
      const raw = sample('eps_raw', dist.normal(0, 1));
      const logits = tf.add(ops.logit(meanP), tf.mul(sigma, raw));
      const present = tf.add(tf.log(omega), dist.binomial(T, { logits }).logProb(y));
      const absent = tf.where(tf.equal(y, 0), tf.log1p(tf.neg(omega)), -Infinity);
      factor('y', ops.logaddexp(present, absent));
    });
  },
  data: (stream) => {
    const there = times(60, () => binomial(stream, 5, logistic(-0.5 + stream.normal())));
    return { M: 100, T: 5, y: [...there, ...times(40, () => 0)] };
  },
};

/** seeds_data-seeds_model: binomial successes with random effects (Crowder 1978). */
export const seeds = {
  model({ I, n, N, x1, x2 }) {
    const [alpha0, alpha1, alpha12, alpha2] = ['alpha0', 'alpha1', 'alpha12', 'alpha2'].map((name) => sample(name, dist.normal(0, 1000)));
    const tau = sample('tau', dist.gamma(0.001, 0.001));
    plate('plates', I, () => {
      const b = sample('b', dist.normal(0, tf.rsqrt(tau)));
      const interaction = tf.mul(alpha12, x1.map((x, i) => x * x2[i]));
      const logits = tf.addN([tf.add(alpha0, b), tf.mul(alpha1, x1), tf.mul(alpha2, x2), interaction]);
      sample('n', dist.binomial(N, { logits }), { obs: n });
    });
  },
  data: (stream) => {
    const [x1, x2] = [times(21, (i) => (i < 11 ? 0 : 1)), times(21, (i) => (i % 11 < 5 ? 0 : 1))];
    const N = times(21, () => 10 + stream.integer(60));
    const n = N.map((size, i) => binomial(stream, size, logistic(-0.5 + 1.3 * x2[i] - 0.8 * x1[i] * x2[i] + 0.4 * stream.normal())));
    return { I: 21, n, N, x1, x2 };
  },
};

/** surgical_data-surgical_model: mortality in twelve hospitals. */
export const surgical = {
  model({ N, r, n }) {
    const mu = sample('mu', dist.normal(0, 1000));
    const variance = sample('sigmasq', dist.inverseGamma(0.001, 0.001));
    plate('hospitals', N, () => {
      const logits = sample('b', dist.normal(mu, tf.sqrt(variance)));
      sample('r', dist.binomial(n, { logits }), { obs: r });
    });
  },
  data: () => ({
    N: 12,
    n: [47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360],
    r: [0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24],
  }),
};
