/**
 * @file Twelve posteriors of posteriordb as log densities by hand, in float64 and unconstrained space, with the names
 * that their reference draws have. `../data/posteriordb/README.md` says where the data come from.
 */
import { readFileSync } from 'node:fs';
import { linearRegression, sigmaPriors } from './linearRegression.mjs';

const read = (name, file) => JSON.parse(readFileSync(new URL(`../data/posteriordb/${name}/${file}.json`, import.meta.url)));

function eightSchools({ y, sigma }) {
  return {
    dimension: 10,
    evaluate(q, slope) {
      const mu = q[8];
      const tau = Math.exp(q[9]);
      let value = -(mu * mu) / 50 - Math.log1p((tau * tau) / 25) + q[9];
      let slopeMu = -mu / 25;
      let slopeTau = (-2 * tau) / (25 + tau * tau);
      for (let j = 0; j < 8; j++) {
        const error = (y[j] - mu - tau * q[j]) / sigma[j];
        value -= 0.5 * (error * error + q[j] * q[j]);
        slope[j] = (error * tau) / sigma[j] - q[j];
        slopeMu += error / sigma[j];
        slopeTau += (error * q[j]) / sigma[j];
      }
      slope[8] = slopeMu;
      slope[9] = slopeTau * tau + 1;
      return value;
    },
    constrain(q) {
      const tau = Math.exp(q[9]);
      const theta = Array.from({ length: 8 }, (_, j) => [`theta[${j + 1}]`, q[8] + tau * q[j]]);
      return { ...Object.fromEntries(theta), mu: q[8], tau };
    },
  };
}

const logistic = (x) => 1 / (1 + Math.exp(-x));
const logLogistic = (x) => (x > 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x)));

/** Coordinates μ, log α₀, logit α₁, logit β₁/(1 - α₁). */
function garch({ y, sigma1 }) {
  const unpack = (q) => {
    const alpha1 = logistic(q[2]);
    const share = logistic(q[3]);
    return { mu: q[0], alpha0: Math.exp(q[1]), alpha1, beta1: (1 - alpha1) * share, share };
  };
  return {
    dimension: 4,
    evaluate(q, slope) {
      const { mu, alpha0, alpha1, beta1, share } = unpack(q);
      let variance = sigma1 * sigma1;
      // Derivatives of σ_t² by μ, α₀, α₁, β₁, and of the log density.
      let [vm, v0, v1, vb] = [0, 0, 0, 0];
      let [gm, g0, g1, gb] = [0, 0, 0, 0];
      let value = 0;
      for (let t = 0; t < y.length; t++) {
        if (t > 0) {
          const last = y[t - 1] - mu;
          vm = -2 * alpha1 * last + beta1 * vm;
          v0 = 1 + beta1 * v0;
          v1 = last * last + beta1 * v1;
          vb = variance + beta1 * vb;
          variance = alpha0 + alpha1 * last * last + beta1 * variance;
        }
        const error = y[t] - mu;
        value -= 0.5 * (Math.log(variance) + (error * error) / variance);
        const byVariance = 0.5 * ((error * error) / variance - 1) / variance;
        gm += error / variance + byVariance * vm;
        g0 += byVariance * v0;
        g1 += byVariance * v1;
        gb += byVariance * vb;
      }
      slope[0] = gm;
      slope[1] = g0 * alpha0 + 1;
      // β₁ = (1 - α₁) s; volumes α₀ · α₁(1 - α₁) · (1 - α₁) s(1 - s).
      slope[2] = (g1 - gb * share) * alpha1 * (1 - alpha1) + 1 - 3 * alpha1;
      slope[3] = gb * (1 - alpha1) * share * (1 - share) + 1 - 2 * share;
      return value + q[1] + logLogistic(q[2]) + 2 * logLogistic(-q[2]) + logLogistic(q[3]) + logLogistic(-q[3]);
    },
    constrain(q) {
      const { mu, alpha0, alpha1, beta1 } = unpack(q);
      return { mu, alpha0, alpha1, beta1 };
    },
  };
}

/** Coordinates log ρ, log α, log σ. */
function gaussianProcess({ x, y }) {
  const n = x.length;
  return {
    dimension: 3,
    evaluate(q, slope) {
      const [rho, alpha, sigma] = [Math.exp(q[0]), Math.exp(q[1]), Math.exp(q[2])];
      const kernel = x.map((a) => x.map((b) => alpha * alpha * Math.exp(-((a - b) ** 2) / (2 * rho * rho))));
      const { inverse, logDeterminant } = invert(kernel.map((row, i) => row.map((k, j) => k + (i === j ? sigma : 0))));
      const solved = inverse.map((row) => row.reduce((sum, k, j) => sum + k * y[j], 0));
      const value = -0.5 * (logDeterminant + solved.reduce((sum, s, i) => sum + s * y[i], 0));
      let [byRho, byAlpha, bySigma] = [0, 0, 0];
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          const byK = 0.5 * (solved[i] * solved[j] - inverse[i][j]);
          byRho += (byK * kernel[i][j] * (x[i] - x[j]) ** 2) / (rho * rho);
          byAlpha += byK * 2 * kernel[i][j];
          if (i === j) bySigma += byK * sigma;
        }
      }
      // ρ ~ Gamma(25, 4), α ~ N⁺(0, 2), σ ~ N⁺(0, 1), each with its volume.
      slope[0] = byRho + 25 - 4 * rho;
      slope[1] = byAlpha - (alpha * alpha) / 4 + 1;
      slope[2] = bySigma - sigma * sigma + 1;
      return value + 25 * q[0] - 4 * rho - (alpha * alpha) / 8 + q[1] - 0.5 * sigma * sigma + q[2];
    },
    constrain: (q) => ({ rho: Math.exp(q[0]), alpha: Math.exp(q[1]), sigma: Math.exp(q[2]) }),
  };
}

/** Gauss and Jordan, for a positive definite matrix. */
function invert(matrix) {
  const n = matrix.length;
  let logDeterminant = 0;
  for (let k = 0; k < n; k++) {
    const pivot = matrix[k][k];
    if (!(pivot > 0)) return { inverse: matrix, logDeterminant: Number.NaN };
    logDeterminant += Math.log(pivot);
    for (let j = 0; j < n; j++) if (j !== k) matrix[k][j] /= pivot;
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = matrix[i][k];
      for (let j = 0; j < n; j++) if (j !== k) matrix[i][j] -= factor * matrix[k][j];
      matrix[i][k] = -factor / pivot;
    }
    matrix[k][k] = 1 / pivot;
  }
  return { inverse: matrix, logDeterminant };
}

/** Coordinates μ₁, log (μ₂ - μ₁), log σ₁, log σ₂, logit θ. */
function mixture({ y }) {
  return {
    dimension: 5,
    evaluate(q, slope) {
      const gap = Math.exp(q[1]);
      const mu = [q[0], q[0] + gap];
      const sigma = [Math.exp(q[2]), Math.exp(q[3])];
      const theta = logistic(q[4]);
      const logTheta = [logLogistic(q[4]), logLogistic(-q[4])];
      const byMu = [-mu[0] / 4, -mu[1] / 4];
      const bySigma = [1 - sigma[0] ** 2 / 4, 1 - sigma[1] ** 2 / 4];
      let byTheta = 0;
      let value = 0;
      for (const point of y) {
        const errors = [(point - mu[0]) / sigma[0], (point - mu[1]) / sigma[1]];
        const terms = errors.map((error, k) => logTheta[k] - 0.5 * error * error - q[2 + k]);
        const larger = Math.max(terms[0], terms[1]);
        const weights = [Math.exp(terms[0] - larger), Math.exp(terms[1] - larger)];
        const total = weights[0] + weights[1];
        value += larger + Math.log(total);
        for (let k = 0; k < 2; k++) {
          const share = weights[k] / total;
          byMu[k] += (share * errors[k]) / sigma[k];
          bySigma[k] += share * (errors[k] * errors[k] - 1);
        }
        byTheta += weights[0] / total - theta;
      }
      slope[0] = byMu[0] + byMu[1];
      slope[1] = byMu[1] * gap + 1;
      slope[2] = bySigma[0];
      slope[3] = bySigma[1];
      // θ ~ Beta(5, 5) with its volume: 5 log θ + 5 log(1 - θ).
      slope[4] = byTheta + 5 - 10 * theta;
      value -= (mu[0] ** 2 + mu[1] ** 2 + sigma[0] ** 2 + sigma[1] ** 2) / 8;
      return value + q[1] + q[2] + q[3] + 5 * (logTheta[0] + logTheta[1]);
    },
    constrain: (q) => ({
      'mu[1]': q[0], 'mu[2]': q[0] + Math.exp(q[1]),
      'sigma[1]': Math.exp(q[2]), 'sigma[2]': Math.exp(q[3]), theta: logistic(q[4]),
    }),
  };
}

const ones = (y) => y.map(() => 1);
const indicator = (xs, level) => xs.map((x) => (x === level ? 1 : 0));

const builders = {
  'eight_schools-eight_schools_noncentered': eightSchools,
  'kidiq-kidscore_momiq': ({ kid_score: y, mom_iq: iq }) =>
    linearRegression({ columns: [ones(y), iq], y, sigmaPrior: sigmaPriors.halfCauchy(2.5) }),
  'kidiq-kidscore_interaction': ({ kid_score: y, mom_hs: hs, mom_iq: iq }) =>
    linearRegression({ columns: [ones(y), hs, iq, iq.map((x, i) => x * hs[i])], y, sigmaPrior: sigmaPriors.halfCauchy(2.5) }),
  'earnings-logearn_interaction': ({ earn, height, male }) =>
    linearRegression({ columns: [ones(earn), height, male, height.map((x, i) => x * male[i])], y: earn.map(Math.log) }),
  'mesquite-logmesquite': ({ weight, diam1, diam2, canopy_height: canopy, total_height: height, density, group }) =>
    linearRegression({
      columns: [ones(weight), ...[diam1, diam2, canopy, height, density].map((xs) => xs.map(Math.log)), group],
      y: weight.map(Math.log),
    }),
  'nes1980-nes': ({ partyid7: y, real_ideo, race_adj, age_discrete: age, educ1, gender, income }) =>
    linearRegression({
      columns: [ones(y), real_ideo, race_adj, ...[2, 3, 4].map((k) => indicator(age, k)), educ1, gender, income],
      y,
    }),
  'sblrc-blr': ({ X, y }) =>
    linearRegression({
      columns: X[0].map((_, j) => X.map((row) => row[j])), y,
      betaPriors: X[0].map(() => [0, 10]), sigmaPrior: sigmaPriors.halfNormal(10),
    }),
  'kilpisjarvi_mod-kilpisjarvi': ({ x, y, pmualpha, psalpha, pmubeta, psbeta }) =>
    linearRegression({
      columns: [ones(y), x], y, betaPriors: [[pmualpha, psalpha], [pmubeta, psbeta]],
      name: ([alpha, beta], sigma) => ({ alpha, beta, sigma }),
    }),
  'arK-arK': ({ y, K }) => {
    const lags = Array.from({ length: K }, (_, k) => y.slice(K - 1 - k, y.length - 1 - k));
    return linearRegression({
      columns: [ones(lags[0]), ...lags], y: y.slice(K),
      betaPriors: [...lags, null].map(() => [0, 10]), sigmaPrior: sigmaPriors.halfCauchy(2.5),
      name: ([alpha, ...beta], sigma) => ({
        alpha, ...Object.fromEntries(beta.map((value, k) => [`beta[${k + 1}]`, value])), sigma,
      }),
    });
  },
  'garch-garch11': garch,
  'gp_pois_regr-gp_regr': gaussianProcess,
  'low_dim_gauss_mix-low_dim_gauss_mix': mixture,
};

/** Each with its name, its log density and the moments of its reference draws. */
export const posteriors = Object.entries(builders).map(([name, build]) => ({
  name,
  density: build(read(name, 'data')),
  reference: read(name, 'reference').parameters,
}));
