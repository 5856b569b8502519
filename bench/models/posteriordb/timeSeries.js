/** @file Time series. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, data, deterministic, dist, factor, ops, plate, sample } from '@tychejs/ppl';

/** arK-arK: y_t ~ N(α + Σ_k β_k y_{t−k}, σ), t > K. */
export function arK({ K, T, y }) {
  const alpha = sample('alpha', dist.normal(0, 10));
  const beta = plate('lags', K, () => sample('beta', dist.normal(0, 10)));
  const sigma = sample('sigma', dist.halfCauchy(2.5));
  const lagged = tf.transpose(data(Array.from({ length: K }, (_, k) => y.slice(K - 1 - k, T - 1 - k))));
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
  garchObservations({ T, y, sigma1 }, { mu, alpha0, alpha1, beta1 });
}

/** The same posterior, for guides, whose sites have fixed supports: β₁ is a share of what α₁ leaves. */
export function garch11ByShare({ T, y, sigma1 }) {
  const mu = sample('mu', dist.improperUniform(constraints.real));
  const alpha0 = sample('alpha0', dist.improperUniform(constraints.positive));
  const alpha1 = sample('alpha1', dist.improperUniform(constraints.unitInterval));
  const share = sample('share', dist.improperUniform(constraints.unitInterval));
  const rest = tf.sub(1, alpha1);
  factor('volume', tf.log(rest));
  const beta1 = deterministic('beta1', tf.mul(share, rest));
  garchObservations({ T, y, sigma1 }, { mu, alpha0, alpha1, beta1 });
}

function garchObservations({ T, y, sigma1 }, { mu, alpha0, alpha1, beta1 }) {
  const shocks = tf.mul(alpha1, tf.square(tf.sub(data(y), mu)));
  const variances = [tf.scalar(sigma1 ** 2)];
  for (const shock of tf.unstack(shocks).slice(0, -1)) {
    variances.push(tf.addN([alpha0, shock, tf.mul(beta1, variances.at(-1))]));
  }
  plate('times', T, () => sample('y', dist.normal(mu, tf.sqrt(tf.stack(variances))), { obs: y }));
}

/** garch-garch11 with a loop that is compiled as one. */
export const garch11ByScan = {
  model({ T, y, sigma1 }) {
    const mu = sample('mu', dist.improperUniform(constraints.real));
    const alpha0 = sample('alpha0', dist.improperUniform(constraints.positive));
    const alpha1 = sample('alpha1', dist.improperUniform(constraints.unitInterval));
    const beta1 = sample('beta1', dist.improperUniform(constraints.interval(0, tf.sub(1, alpha1))));
    const shocks = tf.mul(alpha1, tf.square(tf.sub(data(y), mu)));
    const step = (variance, shock) => [tf.addN([alpha0, shock, tf.mul(beta1, variance)]), variance];
    const [, variances] = ops.scan(step, tf.scalar(sigma1 ** 2), shocks);
    plate('times', T, () => sample('y', dist.normal(mu, tf.sqrt(variances)), { obs: y }));
  },
  data: (stream) => ({ T: 200, sigma1: 0.5, y: Array.from({ length: 200 }, () => 5 + 1.5 * stream.normal()) }),
};

/** arma-arma11: ν_t = μ + φ y_{t−1} + θ ε_{t−1}, y_t = ν_t + ε_t, ε_t ~ N(0, σ). */
export const arma11 = {
  model({ y }) {
    const mu = sample('mu', dist.normal(0, 10));
    const phi = sample('phi', dist.normal(0, 2));
    const theta = sample('theta', dist.normal(0, 2));
    const sigma = sample('sigma', dist.halfCauchy(2.5));
    const values = tf.unstack(data(y));
    const errors = [tf.sub(values[0], tf.add(mu, tf.mul(phi, mu)))];
    for (let t = 1; t < y.length; t++) {
      const expected = tf.addN([mu, tf.mul(phi, values[t - 1]), tf.mul(theta, errors[t - 1])]);
      errors.push(tf.sub(values[t], expected));
    }
    factor('errors', dist.normal(0, sigma).logProb(tf.stack(errors)));
  },
  data: (stream) => {
    const y = [0];
    let error = 0;
    while (y.length < 200) {
      const last = error;
      error = 0.3 * stream.normal();
      y.push(0.2 + 0.6 * y.at(-1) + 0.4 * last + error);
    }
    return { T: 200, y };
  },
};

/** arma-arma11 with a loop that is compiled as one. */
export const arma11ByScan = {
  model({ y }) {
    const mu = sample('mu', dist.normal(0, 10));
    const phi = sample('phi', dist.normal(0, 2));
    const theta = sample('theta', dist.normal(0, 2));
    const sigma = sample('sigma', dist.halfCauchy(2.5));
    const before = tf.concat([tf.reshape(mu, [1]), data(y.slice(0, -1))]);
    const expected = tf.add(mu, tf.mul(phi, before));
    const step = (error, [now, mean]) => {
      const next = tf.sub(tf.sub(now, mean), tf.mul(theta, error));
      return [next, next];
    };
    const [, errors] = ops.scan(step, tf.scalar(0), [data(y), expected]);
    factor('errors', dist.normal(0, sigma).logProb(errors));
  },
  data: arma11.data,
};

/** Shocks of scale `scale` around a walk: x_0 free, x_t = x_{t−1} + scale · z_t, all in one site. */
function randomWalk(name, length, scale) {
  const start = sample(`${name}_start`, dist.improperUniform(constraints.real, [], [1]));
  const shocks = plate(`${name}_times`, length - 1, () => sample(`${name}_shock`, dist.normal(0, 1)));
  return tf.cumsum(tf.concat([start, tf.mul(scale, shocks)]));
}

/** uk_drivers-state_space_stochastic_level_stochastic_seasonal: a level that walks, and a season whose year sums to noise. */
export const stateSpace = {
  model({ n, y, x, w }) {
    const sigma = sample('sigma', dist.improperUniform(constraints.positiveOrdered, [], [3]));
    factor('prior of sigma', dist.studentT(4, 0, 1).logProb(sigma));
    const [scaleOfSeason, scaleOfLevel, scaleOfData] = tf.unstack(sigma);
    const [beta, lambda] = [sample('beta', dist.normal(0, 10)), sample('lambda', dist.normal(0, 10))];
    const level = randomWalk('mu', n, scaleOfLevel);
    const season = sample('seasonal', dist.improperUniform(constraints.real, [], [n]));
    const lags = Array.from({ length: 12 }, (_, lag) => tf.slice(season, [lag], [n - 11]));
    factor('season', dist.normal(0, scaleOfSeason).logProb(tf.addN(lags)));
    factor('first seasons', dist.normal(0, 10).logProb(tf.slice(season, [0], [11])));
    const mean = tf.addN([level, tf.mul(beta, x), tf.mul(lambda, w), season]);
    plate('months', n, () => sample('y', dist.normal(mean, scaleOfData), { obs: y }));
  },
  data: (stream) => {
    let level = 7.4;
    const x = Array.from({ length: 96 }, () => 0.1 * stream.normal());
    const w = x.map((_, t) => (t > 70 ? 1 : 0));
    const y = x.map((price, t) => (level += 0.03 * stream.normal()) + 0.15 * Math.cos((t * Math.PI) / 6) - 0.3 * price - 0.2 * w[t] + 0.07 * stream.normal());
    return { n: 96, y, x, w };
  },
};

/** rstan_downloads-prophet: a piecewise linear trend with Laplace changes, and Fourier terms (Taylor and Letham 2018). */
export const prophet = {
  model({ T, t, y, X, sigmas, tau, A, tChange }) {
    const k = sample('k', dist.normal(0, 5));
    const m = sample('m', dist.normal(0, 5));
    const delta = plate('changes', tChange.length, () => sample('delta', dist.laplace(0, tau)));
    const sigma = sample('sigma_obs', dist.halfNormal(0.5));
    const beta = plate('terms', sigmas.length, () => sample('beta', dist.normal(0, sigmas)));
    const slope = tf.add(k, tf.dot(A, delta));
    const offset = tf.sub(m, tf.dot(A, tf.mul(tChange, delta)));
    const mean = tf.add(tf.add(tf.mul(slope, t), offset), tf.dot(X, beta));
    plate('times', T, () => sample('y', dist.normal(mean, sigma), { obs: y }));
  },
  data: (stream) => {
    const t = Array.from({ length: 250 }, (_, i) => i / 249);
    const tChange = Array.from({ length: 20 }, (_, i) => 0.04 * (i + 1));
    const X = t.map((now) => [1, 2, 3].flatMap((j) => [Math.sin(2 * Math.PI * 4 * j * now), Math.cos(2 * Math.PI * 4 * j * now)]));
    const A = t.map((now) => tChange.map((change) => (now >= change ? 1 : 0)));
    const y = t.map((now, i) => 0.2 + 0.5 * now + (now > 0.5 ? 0.6 * (now - 0.5) : 0) + 0.1 * X[i][0] + 0.05 * stream.normal());
    return { T: 250, t, y, X, sigmas: X[0].map(() => 10), tau: 0.05, A, tChange };
  },
};

/** ecdc0401-covid19imperial_v2, reduced to deaths by renewal of infections in one country (Flaxman et al. 2020). */
export const renewal = {
  model({ N, deaths, serialInterval, fatality, lockdown }) {
    const tau = sample('tau', dist.exponential(0.03));
    const seed = sample('y', dist.exponential(tf.div(1, tau)));
    const phi = sample('phi', dist.halfNormal(5));
    const mu = sample('mu', dist.truncatedNormal(3.28, 0.5, 0, Infinity));
    const alpha = sample('alpha', dist.gamma(0.1667, 1));
    const infections = Array.from({ length: 6 }, () => seed);
    for (let day = 6; day < N; day++) {
      const weights = serialInterval.slice(0, day).reverse();
      const pressure = tf.sum(tf.mul(tf.stack(infections), weights));
      const reproduction = tf.mul(mu, tf.exp(tf.mul(tf.neg(alpha), lockdown[day])));
      infections.push(tf.mul(reproduction, pressure));
    }
    const all = tf.stack(infections);
    const expected = fatality.map((_, day) =>
      day === 0 ? tf.mul(1e-15, seed) : tf.sum(tf.mul(tf.slice(all, [0], [day]), fatality.slice(0, day).reverse())),
    );
    const mean = tf.stack(expected.slice(30));
    // Stan's neg_binomial_2(mean, phi).
    const logits = tf.sub(tf.log(mean), tf.log(phi));
    plate('days', N - 30, () => sample('deaths', dist.negativeBinomial(phi, { logits }), { obs: deaths.slice(30) }));
  },
  data: (stream) => {
    const N = 75;
    const bump = (centre, width) => Array.from({ length: N }, (_, i) => Math.exp(-(((i + 1 - centre) / width) ** 2)));
    const normalise = (values, total) => values.map((v) => (total * v) / values.reduce((a, b) => a + b));
    const serialInterval = normalise(bump(6, 4), 1);
    const fatality = normalise(bump(20, 8), 0.01);
    const lockdown = Array.from({ length: N }, (_, i) => (i > 45 ? 1 : 0));
    const infections = Array(6).fill(50);
    for (let day = 6; day < N; day++) {
      const pressure = infections.reduce((sum, cases, i) => sum + cases * serialInterval[day - i - 1], 0);
      infections.push(3 * Math.exp(-1.2 * lockdown[day]) * pressure);
    }
    const deaths = infections.map((_, day) => {
      const mean = infections.slice(0, day).reduce((sum, cases, i) => sum + cases * fatality[day - i - 1], 0);
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * stream.normal()));
    });
    return { N, deaths, serialInterval, fatality, lockdown };
  },
};
