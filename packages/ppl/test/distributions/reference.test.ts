import '../../src/backend/setup.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as dist from '../../src/distributions/index.ts';
import { describeOnBackends } from '../helpers/backends.ts';

type Parameters = Record<string, dist.Parameter>;
type Numbers = number | string | Numbers[];

interface Row {
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

interface KlRow {
  readonly p: string;
  readonly p_params: Record<string, number>;
  readonly q_params: Record<string, number>;
  readonly kl: number;
  readonly tolerance?: number;
}

const table = JSON.parse(readFileSync(join(__dirname, '../fixtures/reference/distributions.json'), 'utf8')) as {
  distributions: Row[];
  kl: KlRow[];
};

const FAMILIES: Readonly<Record<string, (p: Parameters) => dist.Distribution>> = {
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
const UNNORMALISED = new Set(['LKJCholesky']);

const TOLERANCE = 1e-5;

function flat(numbers: Numbers): number[] {
  const special: Record<string, number> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };
  return [numbers].flat(9).map((x) => (typeof x === 'string' ? special[x]! : (x as number)));
}

/** One float32 up or down. */
function neighbour(x: number, direction: number): number {
  return x === 0 ? 0 : Math.fround(x) * (1 + direction * 2 ** -23);
}

/**
 * Compares with a relative tolerance of 1e-5, plus what the rounding of values and parameters to float32 makes of it: the
 * change of the result when one of them moves by one float32.
 */
function expectClose(actual: ArrayLike<number>, expected: number[], moved: () => Float32Array[]): void {
  const beyond = expected.flatMap((x, i) => {
    const error = Math.abs(actual[i]! - x);
    return Object.is(actual[i], x) || error <= TOLERANCE * Math.abs(x) ? [] : [{ i, error: error - TOLERANCE * Math.abs(x) }];
  });
  if (beyond.length === 0) return;
  const variants = moved();
  for (const { i, error } of beyond) {
    const slack = variants.reduce((sum, variant) => sum + Math.abs(variant[i]! - actual[i]!), 0);
    if (!(error <= slack)) throw new Error(`element ${i}: ${actual[i]} against ${expected[i]}, with ${slack} for rounding`);
  }
}

/** Computes a statistic of a row, and on demand what it becomes when one input moves by one float32. */
function check(row: Row, isTensor: boolean, expected: Numbers | undefined, statistic: (d: dist.Distribution, values: Numbers[]) => Tensor): void {
  if (expected === undefined) return;
  const compute = (params: Record<string, number>, values: Numbers[]): Float32Array =>
    tf.tidy(() => {
      const wrap = ([name, value]: [string, number]): [string, dist.Parameter] => [name, isTensor && name !== 'dim' ? tf.tensor(value, undefined, 'float32') : value];
      return statistic(FAMILIES[row.distribution]!(Object.fromEntries(Object.entries(params).map(wrap))), values).dataSync() as Float32Array;
    });
  expectClose(compute(row.params, row.values), flat(expected), () => [
    compute(row.params, row.values.map((x) => (typeof x === 'number' ? neighbour(x, 1) : x))),
    ...Object.keys(row.params)
      .filter((name) => typeof row.params[name] === 'number' && !/count|dim/iu.test(name))
      .map((name) => compute({ ...row.params, [name]: neighbour(row.params[name]!, 1) }, row.values)),
  ]);
}

describeOnBackends('scipy and mpmath agree', () => {
  const rows = table.distributions.map((row, i): [string, number, Row] => [row.distribution, i, row]);

  test.each(rows)('%s, row %i', (_family, _i, row) => {
    for (const isTensor of [false, true]) {
      if (!UNNORMALISED.has(row.distribution)) check(row, isTensor, row.log_prob, (d, x) => d.logProb(x as number[]));
      check(row, isTensor, row.cdf, (d, x) => d.cdf(x as number[]));
      check(row, isTensor, row.mean, (d) => d.mean);
      check(row, isTensor, row.variance, (d) => d.variance);
      check(row, isTensor, row.entropy, (d) => d.entropy());
    }
  });

  test('LKJCholesky: differences of log-densities', () => {
    for (const row of table.distributions.filter(({ distribution }) => distribution === 'LKJCholesky')) {
      const { dim, concentration } = row.params as { dim: number; concentration: number };
      // At the identity every unnormalised log-density is zero.
      const identity = Array.from({ length: dim }, (_, i) => Array.from({ length: dim }, (__, j) => (i === j ? 1 : 0)));
      const [at, atIdentity] = tf.tidy(() => dist.lkjCholesky(dim, concentration).logProb([row.values[0] as number[], identity] as unknown as number[][]).dataSync());
      expect(Math.abs(at! - atIdentity! - (row.log_prob[0] as number))).toBeLessThan(TOLERANCE * Math.abs(row.log_prob[0] as number));
    }
  });

  // The rows of gamma and beta are integrals with a tolerance of their own.
  test.each(table.kl.map((row, i): [string, number, KlRow] => [row.p, i, row]))('KL of %s, row %i', (family, _i, row) => {
    const kl = tf.tidy(() => dist.klDivergence(FAMILIES[family]!(row.p_params), FAMILIES[family]!(row.q_params)).dataSync()[0]!);
    expect(Math.abs(kl - row.kl)).toBeLessThan((row.tolerance ?? TOLERANCE) * row.kl);
  });
});
