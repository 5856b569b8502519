/** @file Models that posteriordb lacks, of distributions and forms that the others do not use. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, data, deterministic, dist, factor, ops, plate, sample } from '@tychejs/ppl';
import { bernoulli, binomial, categorical, logistic, poisson, times } from './simulate.js';

/** Stochastic volatility, with a site for each time (Kim, Shephard and Chib 1998). */
export const stochasticVolatility = {
  model({ y }) {
    const mu = sample('mu', dist.cauchy(0, 10));
    const phi = sample('phi', dist.uniform(-1, 1));
    const sigma = sample('sigma', dist.halfCauchy(5));
    let h = sample('h_0', dist.normal(mu, tf.div(sigma, tf.sqrt(tf.sub(1, tf.square(phi))))));
    y.forEach((value, t) => {
      if (t > 0) h = sample(`h_${t}`, dist.normal(tf.add(mu, tf.mul(phi, tf.sub(h, mu))), sigma));
      sample(`y_${t}`, dist.normal(0, tf.exp(tf.div(h, 2))), { obs: value });
    });
  },
  data: (stream) => {
    let h = -1;
    return { y: times(100, () => Math.exp((h = -1 + 0.9 * (h + 1) + 0.25 * stream.normal()) / 2) * stream.normal()) };
  },
};

/** A local linear trend, its states integrated out by the Kalman filter: matrices in the state of a loop. */
export const kalmanFilter = {
  model({ y }) {
    const [level, slope, noise] = ['level', 'slope', 'noise'].map((name) => sample(name, dist.halfNormal(1)));
    const move = tf.tensor2d([[1, 1], [0, 1]]);
    const diagonal = ops.diagEmbed(tf.stack([tf.square(level), tf.square(slope)]));
    const step = ([mean, covariance], now) => {
      const ahead = tf.matMul(move, mean);
      const spread = tf.add(tf.matMul(tf.matMul(move, covariance), move, false, true), diagonal);
      const variance = tf.add(tf.slice(spread, [0, 0], [1, 1]), tf.square(noise));
      const surprise = tf.sub(tf.reshape(now, [1, 1]), tf.slice(ahead, [0, 0], [1, 1]));
      const gain = tf.div(tf.slice(spread, [0, 0], [2, 1]), variance);
      const logDensity = tf.mul(-0.5, tf.add(tf.log(variance), tf.div(tf.square(surprise), variance)));
      const next = [tf.add(ahead, tf.matMul(gain, surprise)), tf.sub(spread, tf.matMul(gain, tf.matMul(variance, gain, false, true)))];
      return [next, tf.reshape(logDensity, [])];
    };
    const [, terms] = ops.scan(step, [tf.zeros([2, 1]), tf.mul(10, tf.eye(2))], data(y));
    factor('y', tf.sum(terms));
  },
  data: (stream) => {
    let [level, slope] = [0, 0.1];
    return { y: times(150, () => (level += (slope += 0.05 * stream.normal()) + 0.2 * stream.normal()) + 0.5 * stream.normal()) };
  },
};

/** Vectors with an LKJ prior of their correlations, seen through a multivariate normal of that covariance, in a loop too. */
export const covariance = {
  model({ y }) {
    const size = y[0].length;
    const scale = plate('scales', size, () => sample('scale', dist.halfCauchy(2.5)));
    const root = tf.mul(tf.expandDims(scale, 1), sample('root', dist.lkjCholesky(size, 2)));
    const loc = sample('loc', dist.normal(tf.zeros([size]), 5).toEvent(1));
    deterministic('covariance', tf.matMul(root, root, false, true));
    plate('vectors', y.length, () => sample('y', dist.multivariateNormal(loc, { scaleTril: root }), { obs: y }));
  },
  data: (stream) => ({ y: times(80, () => {
    const shared = stream.normal();
    return times(4, (k) => k + shared * (k - 1) + stream.normal());
  }) }),
};

/** Ordered logistic regression: cut points in ascending order. */
export const orderedLogistic = {
  model({ x, y, K }) {
    const beta = sample('beta', dist.normal(tf.zeros([x[0].length]), 2).toEvent(1));
    const cuts = sample('cuts', dist.improperUniform(constraints.ordered, [], [K - 1]));
    factor('prior of cuts', dist.normal(0, 5).logProb(cuts));
    const above = tf.sigmoid(tf.sub(tf.expandDims(tf.dot(x, beta), 1), cuts));
    const one = tf.ones([x.length, 1]);
    const probs = tf.sub(tf.concat([one, above], 1), tf.concat([above, tf.zerosLike(one)], 1));
    plate('people', x.length, () => sample('y', dist.categorical({ probs }), { obs: tf.tensor1d(y, 'int32') }));
  },
  data: (stream) => {
    const x = times(200, () => times(3, () => stream.normal()));
    const y = x.map((row) => [-1, 0.5, 2].filter((cut) => row[0] - 0.5 * row[1] - Math.log(1 / stream.uniform() - 1) > cut).length);
    return { x, y, K: 4 };
  },
};

/** Weibull survival times, some of them censored: chosen by `where`. */
export const survival = {
  model({ times: observed, censored, x }) {
    const shape = sample('shape', dist.gamma(1, 0.5));
    const beta = plate('terms', 2, () => sample('beta', dist.normal(0, 2)));
    const scale = tf.exp(tf.neg(tf.div(tf.dot(x, beta), shape)));
    const weibull = dist.weibull(scale, shape);
    const survived = tf.neg(tf.pow(tf.div(observed, scale), shape));
    factor('times', tf.where(tf.tensor1d(censored, 'bool'), survived, weibull.logProb(observed)));
  },
  data: (stream) => {
    const x = times(120, () => [1, stream.normal()]);
    const all = x.map(([, v]) => (stream.exponential() / Math.exp(0.5 * v)) ** (1 / 1.5));
    return { x, times: all.map((t) => Math.min(t, 1.2)), censored: all.map((t) => (t > 1.2 ? 1 : 0)) };
  },
};

/** Counts with more zeros and more spread than Poisson's. */
export const zeroInflatedCounts = {
  model({ y, x }) {
    const alpha = sample('alpha', dist.normal(0, 3));
    const beta = sample('beta', dist.studentT(4, 0, 1));
    const phi = sample('phi', dist.inverseGamma(2, 3));
    const gate = sample('gate', dist.beta(1, 3));
    const counts = dist.negativeBinomial(phi, { logits: tf.sub(tf.add(alpha, tf.mul(beta, x)), tf.log(phi)) });
    plate('places', y.length, () => sample('y', dist.zeroInflated(counts, { gate }), { obs: y }));
  },
  data: (stream) => {
    const x = times(150, () => stream.normal());
    return { x, y: x.map((v) => bernoulli(stream, 0.7) * poisson(stream, Math.exp(1 + 0.4 * v + 0.5 * stream.normal()))) };
  },
};

/** Successes of groups by a beta-binomial, and their totals by a Dirichlet-multinomial with a hierarchy. */
export const betaBinomials = {
  model({ y, n, votes }) {
    const mean = sample('mean', dist.beta(2, 2));
    const size = sample('size', dist.pareto(1, 1.5));
    plate('groups', y.length, () => {
      sample('y', dist.betaBinomial(tf.mul(mean, size), tf.mul(tf.sub(1, mean), size), n), { obs: y });
    });
    const concentration = sample('concentration', dist.gamma(tf.fill([4], 2), 1).toEvent(1));
    plate('districts', votes.length, () => {
      const probs = sample('shares', dist.dirichlet(concentration));
      sample('votes', dist.multinomial(50, { probs }), { obs: votes });
    });
  },
  data: (stream) => {
    const votes = times(12, () => {
      const counts = [0, 0, 0, 0];
      for (let i = 0; i < 50; i++) counts[categorical(stream, [0.4, 0.3, 0.2, 0.1])]++;
      return counts;
    });
    return { n: 20, y: times(30, () => binomial(stream, 20, logistic(-0.5 + stream.normal()))), votes };
  },
};

/** Directions by a von Mises distribution, and a robust regression with unknown degrees of freedom. */
export const robust = {
  model({ angles, x, y }) {
    const direction = sample('direction', dist.vonMises(0, 0.5));
    const concentration = sample('concentration', dist.gamma(2, 0.5));
    plate('angles', angles.length, () => sample('angle', dist.vonMises(direction, concentration), { obs: angles }));
    const df = sample('df', dist.gamma(2, 0.1));
    const beta = sample('beta', dist.laplace(0, 2));
    const scale = sample('scale', dist.logNormal(0, 1));
    plate('points', x.length, () => sample('y', dist.studentT(df, tf.mul(beta, x), scale), { obs: y }));
  },
  data: (stream) => {
    const x = times(100, () => stream.normal());
    const y = x.map((v) => 2 * v + stream.normal() / Math.sqrt(stream.exponential()));
    return { angles: times(60, () => 0.8 + 0.5 * stream.normal()), x, y };
  },
};

/** A latent random walk in time, seen with noise at most of its times. */
export const missingValues = {
  model({ y, present }) {
    const scale = sample('scale', dist.halfNormal(1));
    const walk = sample('walk', dist.gaussianRandomWalk(scale, y.length));
    const noise = sample('noise', dist.gumbel(0, 1));
    const observed = dist.normal(walk, ops.logaddexp(noise, 0)).mask(tf.tensor1d(present, 'bool'));
    plate('times', y.length, () => sample('y', observed, { obs: y }));
  },
  data: (stream) => {
    let level = 0;
    const y = times(60, () => (level += 0.3 * stream.normal()) + 0.2 * stream.normal());
    return { y, present: y.map((_, t) => (t % 7 === 3 ? 0 : 1)) };
  },
};

/** Gaussian process classification with a length scale of each input. */
export const gpClassification = {
  model({ X, y }) {
    const numPoints = X.length;
    const lengths = sample('lengths', dist.inverseGamma(tf.fill([2], 5), 5).toEvent(1));
    const amplitude = sample('amplitude', dist.halfNormal(2));
    const scaled = tf.div(data(X), lengths);
    const squares = tf.sum(tf.square(scaled), 1, true);
    const products = tf.matMul(scaled, scaled, false, true);
    const distances = tf.relu(tf.sub(tf.add(squares, tf.transpose(squares)), tf.mul(2, products)));
    const kernel = tf.add(tf.mul(tf.square(amplitude), tf.exp(tf.mul(-0.5, distances))), tf.mul(1e-6, tf.eye(numPoints)));
    const latent = sample('latent', dist.multivariateNormal(tf.zeros([numPoints]), { covarianceMatrix: kernel }));
    plate('points', numPoints, () => sample('y', dist.bernoulli({ logits: latent }), { obs: y }));
  },
  data: (stream) => {
    const X = times(40, () => [2 * stream.normal(), stream.normal()]);
    return { X, y: X.map(([a, b]) => bernoulli(stream, logistic(3 * Math.sin(a) + b))) };
  },
};

/** Infections by renewal, as a convolution of what is known, and a geometric and a logistic distribution. */
export const convolution = {
  model({ cases, weights, delays }) {
    const log = sample('log_rate', dist.logistic(1, 1));
    const rate = tf.exp(tf.add(log, tf.cumsum(plate('days', cases.length, () => sample('shock', dist.normal(0, 0.1))))));
    const kernel = tf.reshape(data(weights), [weights.length, 1, 1]);
    const padded = tf.pad(tf.reshape(rate, [1, cases.length, 1]), [[0, 0], [weights.length - 1, 0], [0, 0]]);
    const expected = tf.reshape(tf.conv1d(padded, kernel, 1, 'valid'), [cases.length]);
    plate('all days', cases.length, () => sample('cases', dist.poisson(expected), { obs: cases }));
    const probs = sample('probs', dist.beta(2, 2));
    sample('delays', dist.geometric({ probs }).expand([delays.length]).toEvent(1), { obs: delays });
  },
  data: (stream) => ({
    weights: [0.1, 0.2, 0.4, 0.3],
    cases: times(40, (t) => poisson(stream, 6 + 3 * Math.sin(t / 5))),
    delays: times(30, () => Math.floor(stream.exponential() / 0.4)),
  }),
};
