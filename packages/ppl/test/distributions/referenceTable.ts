/** @file The table of scipy and mpmath (test/fixtures/reference), and the distributions that its rows are about. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as dist from '../../src/distributions/index.ts';

export type Parameters = Record<string, dist.Parameter>;
/** The table writes infinities and NaN as strings. */
export type Numbers = number | string | Numbers[];

export interface Row {
  readonly distribution: string;
  readonly params: Record<string, number>;
  readonly kind: string;
  readonly values: Numbers[];
  readonly log_prob: Numbers[];
  readonly cdf?: Numbers[];
  readonly mean?: Numbers;
  readonly variance?: Numbers;
  readonly entropy?: Numbers;
}

export interface KlRow {
  readonly p: string;
  readonly p_params: Record<string, number>;
  readonly q_params: Record<string, number>;
  readonly kl: number;
  readonly tolerance?: number;
}

export const table = JSON.parse(readFileSync(join(__dirname, '../fixtures/reference/distributions.json'), 'utf8')) as {
  distributions: Row[];
  kl: KlRow[];
};

/** The distribution of a row, by its name. */
export const FAMILIES: Readonly<Record<string, (p: Parameters) => dist.Distribution>> = {
  Normal: (p) => dist.normal(p['loc']!, p['scale']!),
  HalfNormal: (p) => dist.halfNormal(p['scale']!),
  LogNormal: (p) => dist.logNormal(p['loc']!, p['scale']!),
  Cauchy: (p) => dist.cauchy(p['loc']!, p['scale']!),
  HalfCauchy: (p) => dist.halfCauchy(p['scale']!),
  StudentT: (p) => dist.studentT(p['df']!, p['loc']!, p['scale']!),
  Laplace: (p) => dist.laplace(p['loc']!, p['scale']!),
  Logistic: (p) => dist.logistic(p['loc']!, p['scale']!),
  Gumbel: (p) => dist.gumbel(p['loc']!, p['scale']!),
  Uniform: (p) => dist.uniform(p['low']!, p['high']!),
  Beta: (p) => dist.beta(p['concentration1']!, p['concentration0']!),
  Gamma: (p) => dist.gamma(p['concentration']!, p['rate']!),
  InverseGamma: (p) => dist.inverseGamma(p['concentration']!, p['rate']!),
  Exponential: (p) => dist.exponential(p['rate']!),
  Weibull: (p) => dist.weibull(p['scale']!, p['concentration']!),
  Pareto: (p) => dist.pareto(p['scale']!, p['alpha']!),
  Chi2: (p) => dist.chi2(p['df']!),
  TruncatedNormal: (p) => dist.truncatedNormal(p['loc']!, p['scale']!, p['low']!, p['high']!),
  VonMises: (p) => dist.vonMises(p['loc']!, p['concentration']!),
  Bernoulli: (p) => dist.bernoulli({ probs: p['probs']! }),
  Binomial: (p) => dist.binomial(p['totalCount']!, { probs: p['probs']! }),
  Geometric: (p) => dist.geometric({ probs: p['probs']! }),
  Poisson: (p) => dist.poisson(p['rate']!),
  NegativeBinomial: (p) => dist.negativeBinomial(p['totalCount']!, { probs: p['probs']! }),
  BetaBinomial: (p) => dist.betaBinomial(p['concentration1']!, p['concentration0']!, p['totalCount']!),
  Categorical: (p) => dist.categorical({ probs: p['probs']! }),
  Multinomial: (p) => dist.multinomial(p['totalCount']!, { probs: p['probs']! }),
  Dirichlet: (p) => dist.dirichlet(p['concentration']!),
  MultivariateNormal: (p) => dist.multivariateNormal(p['loc']!, { covarianceMatrix: p['covarianceMatrix']! }),
  LKJCholesky: (p) => dist.lkjCholesky(p['dim'] as number, p['concentration']!),
};

/** Families whose log-density the table gives up to a constant. */
export const UNNORMALISED: ReadonlySet<string> = new Set(['LKJCholesky']);

/** All numbers, one after another. */
export function flat(numbers: Numbers): number[] {
  const special: Record<string, number> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };
  return [numbers].flat(9).map((x) => (typeof x === 'string' ? special[x]! : (x as number)));
}
