/** @file Hierarchical models. */
import * as tf from '@tensorflow/tfjs-core';
import { deterministic, dist, ops, plate, sample } from '@tychejs/ppl';
import { bernoulli, logistic, times } from './simulate.js';

/** eight_schools-eight_schools_noncentered. */
export function eightSchoolsNoncentered({ J, y, sigma }) {
  const mu = sample('mu', dist.normal(0, 5));
  const tau = sample('tau', dist.halfCauchy(5));
  plate('schools', J, () => {
    const standard = sample('theta_trans', dist.normal(0, 1));
    const theta = deterministic('theta', tf.add(mu, tf.mul(tau, standard)));
    sample('y', dist.normal(theta, sigma), { obs: y });
  });
}

const HOMES = 900;
const COUNTIES = 80;

function simulateRadon(stream) {
  const county = times(HOMES, () => stream.integer(COUNTIES));
  const floor = times(HOMES, () => bernoulli(stream, 0.2));
  const intercepts = times(COUNTIES, () => 1.4 + 0.35 * stream.normal());
  const log_radon = county.map((c, i) => intercepts[c] - 0.7 * floor[i] + 0.75 * stream.normal());
  const log_uppm = times(HOMES, (i) => Math.sin(county[i]));
  return { N: HOMES, J: COUNTIES, county_idx: county, floor_measure: floor, log_uppm, log_radon };
}

const choose = (values, indices) => tf.gather(values, tf.tensor1d(indices, 'int32'));

/** radon_all-radon_hierarchical_intercept_centered. */
export const radonCentred = {
  model({ N, J, county_idx, floor_measure, log_uppm, log_radon }) {
    const sigmaAlpha = sample('sigma_alpha', dist.halfNormal(1));
    const sigmaY = sample('sigma_y', dist.halfNormal(1));
    const muAlpha = sample('mu_alpha', dist.normal(0, 10));
    const beta = plate('slopes', 2, () => sample('beta', dist.normal(0, 10)));
    const alpha = plate('counties', J, () => sample('alpha', dist.normal(muAlpha, sigmaAlpha)));
    const [ofUranium, ofFloor] = tf.unstack(beta);
    const mean = tf.addN([choose(alpha, county_idx), tf.mul(ofUranium, log_uppm), tf.mul(ofFloor, floor_measure)]);
    plate('homes', N, () => sample('log_radon', dist.normal(mean, sigmaY), { obs: log_radon }));
  },
  data: simulateRadon,
};

/** radon_all-radon_variable_intercept_slope_noncentered. */
export const radonNoncentred = {
  model({ N, J, county_idx, floor_measure, log_radon }) {
    const [sigmaY, sigmaAlpha, sigmaBeta] = ['sigma_y', 'sigma_alpha', 'sigma_beta'].map((name) => sample(name, dist.halfNormal(1)));
    const [muAlpha, muBeta] = ['mu_alpha', 'mu_beta'].map((name) => sample(name, dist.normal(0, 10)));
    const [alpha, beta] = plate('counties', J, () => [
      deterministic('alpha', tf.add(muAlpha, tf.mul(sigmaAlpha, sample('alpha_raw', dist.normal(0, 1))))),
      deterministic('beta', tf.add(muBeta, tf.mul(sigmaBeta, sample('beta_raw', dist.normal(0, 1))))),
    ]);
    const mean = tf.add(choose(alpha, county_idx), tf.mul(choose(beta, county_idx), floor_measure));
    plate('homes', N, () => sample('log_radon', dist.normal(mean, sigmaY), { obs: log_radon }));
  },
  data: simulateRadon,
};

/** rats_data-rats_model: growth of thirty rats (Gelfand et al. 1990). */
export const rats = {
  model({ N, T, x, xbar, y }) {
    const muAlpha = sample('mu_alpha', dist.normal(0, 100));
    const muBeta = sample('mu_beta', dist.normal(0, 100));
    const [varianceY, varianceAlpha, varianceBeta] = ['sigmasq_y', 'sigmasq_alpha', 'sigmasq_beta'].map((name) =>
      sample(name, dist.inverseGamma(0.001, 0.001)),
    );
    const [alpha, beta] = plate('rats', N, () => [
      sample('alpha', dist.normal(muAlpha, tf.sqrt(varianceAlpha))),
      sample('beta', dist.normal(muBeta, tf.sqrt(varianceBeta))),
    ]);
    const mean = tf.add(tf.expandDims(alpha, 1), ops.outer(beta, x.map((day) => day - xbar)));
    plate('days', T, () => plate('all rats', N, () => sample('y', dist.normal(mean, tf.sqrt(varianceY)), { obs: y })));
  },
  data: (stream) => {
    const x = [8, 15, 22, 29, 36];
    const y = times(30, () => {
      const [start, slope] = [242 + 14 * stream.normal(), 6.2 + 0.5 * stream.normal()];
      return x.map((day) => start + slope * (day - 22) + 6 * stream.normal());
    });
    return { N: 30, T: 5, x, xbar: 22, y };
  },
};

/** election88_full, reduced: opinion by groups that cross (Gelman and Hill 2007). */
export const election = {
  model({ N, y, female, black, groups }) {
    const beta = plate('terms', 3, () => sample('beta', dist.normal(0, 100)));
    const effects = Object.entries(groups).map(([name, { size, index }]) => {
      const scale = sample(`sigma_${name}`, dist.uniform(0, 100));
      return choose(plate(`${name} groups`, size, () => sample(name, dist.normal(0, scale))), index);
    });
    const [b0, b1, b2] = tf.unstack(beta);
    const logits = tf.addN([tf.add(b0, tf.mul(b1, black)), tf.mul(b2, female), ...effects]);
    plate('people', N, () => sample('y', dist.bernoulli({ logits }), { obs: y }));
  },
  data: (stream) => {
    const N = 1000;
    const groups = Object.fromEntries(Object.entries({ age: 4, edu: 4, region: 5, state: 51 }).map(([name, size]) => {
      const effects = times(size, () => 0.4 * stream.normal());
      return [name, { size, index: times(N, () => stream.integer(size)), effects }];
    }));
    const [female, black] = [times(N, () => bernoulli(stream, 0.5)), times(N, () => bernoulli(stream, 0.1))];
    const y = times(N, (i) => {
      const effect = Object.values(groups).reduce((sum, { index, effects }) => sum + effects[index[i]], 0);
      return bernoulli(stream, logistic(0.3 - 1.5 * black[i] - 0.1 * female[i] + effect));
    });
    return { N, y, female, black, groups };
  },
};

/** dugongs_data-dugongs_model: growth that saturates (Ratkowsky 1983). */
export const dugongs = {
  model({ N, x, Y }) {
    const [alpha, beta] = ['alpha', 'beta'].map((name) => sample(name, dist.normal(0, 1000)));
    const lambda = sample('lambda', dist.uniform(0.5, 1));
    const tau = sample('tau', dist.gamma(0.0001, 0.0001));
    const mean = tf.sub(alpha, tf.mul(beta, tf.pow(lambda, x)));
    plate('dugongs', N, () => sample('Y', dist.normal(mean, tf.rsqrt(tau)), { obs: Y }));
  },
  data: () => ({
    N: 27,
    x: [1, 1.5, 1.5, 1.5, 2.5, 4, 5, 5, 7, 8, 8.5, 9, 9.5, 9.5, 10, 12, 12, 13, 13, 14.5, 15.5, 15.5, 16.5, 17, 22.5, 29, 31.5],
    Y: [
      1.8, 1.85, 1.87, 1.77, 2.02, 2.27, 2.15, 2.26, 2.47, 2.19, 2.26, 2.4, 2.39, 2.41, 2.5, 2.32, 2.32, 2.43, 2.47, 2.56, 2.65,
      2.47, 2.64, 2.56, 2.7, 2.72, 2.57,
    ],
  }),
};
