/**
 * @file The twelve posteriors once more, in plain float64 numbers: written from the mathematical statement of each model,
 * one number at a time, with nothing of the library. They say what the models of `bench/models/posteriordb` must compute.
 */
import type { Coordinates } from './coordinates.ts';
import { beta, cauchy, centredMultivariateNormal, gamma, logSumExp, normal, sum } from './densities.ts';

/** The log joint density of a model with its data, up to a constant, without the volume change of the bijections. */
export type Oracle = (p: Coordinates) => number;

type Numbers = readonly number[];

const dot = (a: Numbers, b: Numbers): number => sum(a.map((x, i) => x * b[i]!));

/** y_i ~ N(row_i · β, σ). */
const likelihood = (y: Numbers, rows: readonly Numbers[], coefficients: Numbers, sigma: number): number =>
  sum(y.map((value, i) => normal(value, dot(rows[i]!, coefficients), sigma)));

/** Rows from a number of columns and a function of the index. */
const rowsOf = (length: number, row: (i: number) => number[]): number[][] => Array.from({ length }, (_, i) => row(i));

const squaredExponential = (a: number, b: number, alpha: number, rho: number): number =>
  alpha ** 2 * Math.exp(-((a - b) ** 2) / (2 * rho ** 2));

/** By posterior; the argument is its `data.json`. Coordinates are read in the order of the sites of the model. */
export const ORACLES: Readonly<Record<string, (data: never) => Oracle>> = {
  'kidiq-kidscore_momiq': ({ kid_score, mom_iq }: { kid_score: Numbers; mom_iq: Numbers }) => (p) => {
    const coefficients = p.reals(2);
    const sigma = p.positive();
    return cauchy(sigma, 0, 2.5) + likelihood(kid_score, mom_iq.map((iq) => [1, iq]), coefficients, sigma);
  },

  'kidiq-kidscore_interaction': ({ kid_score, mom_hs, mom_iq }: Record<string, Numbers>) => {
    const rows = rowsOf(kid_score!.length, (i) => [1, mom_hs![i]!, mom_iq![i]!, mom_hs![i]! * mom_iq![i]!]);
    return (p) => {
      const coefficients = p.reals(4);
      const sigma = p.positive();
      return cauchy(sigma, 0, 2.5) + likelihood(kid_score!, rows, coefficients, sigma);
    };
  },

  'earnings-logearn_interaction': ({ earn, height, male }: Record<string, Numbers>) => {
    const rows = rowsOf(earn!.length, (i) => [1, height![i]!, male![i]!, height![i]! * male![i]!]);
    const logs = earn!.map((x) => Math.log(x));
    return (p) => likelihood(logs, rows, p.reals(4), p.positive());
  },

  'mesquite-logmesquite': (data: Record<string, Numbers>) => {
    const logged = ['diam1', 'diam2', 'canopy_height', 'total_height', 'density'];
    const group = data['group']!;
    const rows = rowsOf(group.length, (i) => [1, ...logged.map((name) => Math.log(data[name]![i]!)), group[i]!]);
    const logs = data['weight']!.map((x) => Math.log(x));
    return (p) => likelihood(logs, rows, p.reals(7), p.positive());
  },

  'nes1980-nes': (data: Record<string, Numbers>) => {
    const at = (name: string, i: number): number => data[name]![i]!;
    const isAge = (i: number, level: number): number => Number(at('age_discrete', i) === level);
    const rows = rowsOf(data['partyid7']!.length, (i) => [
      1, at('real_ideo', i), at('race_adj', i), isAge(i, 2), isAge(i, 3), isAge(i, 4), at('educ1', i), at('gender', i), at('income', i),
    ]);
    return (p) => likelihood(data['partyid7']!, rows, p.reals(9), p.positive());
  },

  'sblrc-blr': ({ X, y, D }: { X: Numbers[]; y: Numbers; D: number }) => (p) => {
    const coefficients = p.reals(D);
    const sigma = p.positive();
    return sum(coefficients.map((b) => normal(b, 0, 10))) + normal(sigma, 0, 10) + likelihood(y, X, coefficients, sigma);
  },

  'kilpisjarvi_mod-kilpisjarvi': (data: Record<string, number> & { x: Numbers; y: Numbers }) => (p) => {
    const [a, b] = [p.real(), p.real()];
    const sigma = p.positive();
    const prior = normal(a, data['pmualpha']!, data['psalpha']!) + normal(b, data['pmubeta']!, data['psbeta']!);
    return prior + likelihood(data.y, data.x.map((x) => [1, x]), [a, b], sigma);
  },

  'eight_schools-eight_schools_noncentered': ({ y, sigma }: { y: Numbers; sigma: Numbers }) => (p) => {
    const mu = p.real();
    const tau = p.positive();
    const standard = p.reals(8);
    const schools = standard.map((z, j) => normal(z, 0, 1) + normal(y[j]!, z * tau + mu, sigma[j]!));
    return normal(mu, 0, 5) + cauchy(tau, 0, 5) + sum(schools);
  },

  'arK-arK': ({ K, T, y }: { K: number; T: number; y: Numbers }) => (p) => {
    const alpha = p.real();
    const coefficients = p.reals(K);
    const sigma = p.positive();
    let value = normal(alpha, 0, 10) + sum(coefficients.map((b) => normal(b, 0, 10))) + cauchy(sigma, 0, 2.5);
    for (let t = K; t < T; t++) {
      value += normal(y[t]!, alpha + sum(coefficients.map((b, k) => b * y[t - k - 1]!)), sigma);
    }
    return value;
  },

  'garch-garch11': ({ T, y, sigma1 }: { T: number; y: Numbers; sigma1: number }) => (p) => {
    const mu = p.real();
    const alpha0 = p.positive();
    const alpha1 = p.between(0, 1);
    const beta1 = p.between(0, 1 - alpha1);
    let variance = sigma1 ** 2;
    let value = normal(y[0]!, mu, sigma1);
    for (let t = 1; t < T; t++) {
      variance = alpha0 + alpha1 * (y[t - 1]! - mu) ** 2 + beta1 * variance;
      value += normal(y[t]!, mu, Math.sqrt(variance));
    }
    return value;
  },

  'gp_pois_regr-gp_regr': ({ x, y }: { x: Numbers; y: Numbers }) => (p) => {
    const [rho, alpha, sigma] = [p.positive(), p.positive(), p.positive()];
    const covariance = x.map((a, i) => x.map((b, j) => squaredExponential(a, b, alpha, rho) + (i === j ? sigma : 0)));
    return gamma(rho, 25, 4) + normal(alpha, 0, 2) + normal(sigma, 0, 1) + centredMultivariateNormal(y, covariance);
  },

  'low_dim_gauss_mix-low_dim_gauss_mix': ({ y }: { y: Numbers }) => (p) => {
    const [low, high] = p.ordered(2) as [number, number];
    const [first, second] = p.positives(2) as [number, number];
    const theta = p.between(0, 1);
    const prior = [normal(low, 0, 2), normal(high, 0, 2), normal(first, 0, 2), normal(second, 0, 2), beta(theta, 5, 5)];
    const parts = y.map((v) => logSumExp(Math.log(theta) + normal(v, low, first), Math.log1p(-theta) + normal(v, high, second)));
    return sum(prior) + sum(parts);
  },
};
