/** @file One row for each family: what every property of distributions is tested on. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as dist from '../../src/distributions/index.ts';
import * as transforms from '../../src/transforms/index.ts';
import { shapeOf } from '../../src/util/shape.ts';

export type Nested = number | Nested[];
type Parameters = Record<string, dist.Parameter>;

export interface Fixture {
  readonly name: string;
  /** For each parameter its values in several cases; case i takes the i-th of each. */
  readonly parameters: Readonly<Record<string, readonly Nested[]>>;
  readonly build: (p: Parameters) => dist.Distribution;
  /** The parameters that the log-density is differentiable in; by default all. */
  readonly differentiable?: readonly string[];
  /** Whether draws are made by a smooth strictly increasing function of one uniform, so that they equal icdf(u). */
  readonly isPathUnique?: boolean;
}

/** The number of cases of a row. */
export function countCases({ parameters }: Fixture): number {
  return Object.values(parameters)[0]!.length;
}

/** Case `i` with its parameters as plain numbers and arrays: batch shape []. */
export function single({ parameters, build }: Fixture, i: number): dist.Distribution {
  return build(Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, values[i] as number])));
}

/** All cases in one distribution of batch shape [count], with tensors for parameters. */
export function batch({ build }: Fixture, tensors: Record<string, Tensor>): dist.Distribution {
  return build(tensors);
}

/** The parameters of all cases, stacked. */
export function stacked({ parameters }: Fixture): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [name, tf.tensor(values as number[], undefined, 'float32')]),
  );
}

const locScale = { loc: [0.3, -2, 10], scale: [1.2, 0.4, 3] };

/** Distributions of single real numbers with a density. */
export const continuous: readonly Fixture[] = [
  { name: 'normal', parameters: locScale, build: (p) => dist.normal(p['loc']!, p['scale']!), isPathUnique: true },
  { name: 'cauchy', parameters: locScale, build: (p) => dist.cauchy(p['loc']!, p['scale']!), isPathUnique: true },
  { name: 'laplace', parameters: { ...locScale, scale: [1.2, 0.8, 3] }, build: (p) => dist.laplace(p['loc']!, p['scale']!), isPathUnique: true },
  { name: 'logistic', parameters: locScale, build: (p) => dist.logistic(p['loc']!, p['scale']!), isPathUnique: true },
  { name: 'gumbel', parameters: locScale, build: (p) => dist.gumbel(p['loc']!, p['scale']!), isPathUnique: true },
  {
    name: 'studentT',
    parameters: { df: [1.5, 5, 30], ...locScale },
    build: (p) => dist.studentT(p['df']!, p['loc']!, p['scale']!),
  },
  {
    name: 'logNormal',
    parameters: { loc: [0.3, -1, 1.5], scale: [0.8, 0.3, 0.5] },
    build: (p) => dist.logNormal(p['loc']!, p['scale']!),
    isPathUnique: true,
  },
  {
    name: 'truncatedNormal',
    parameters: { loc: [0.3, -2, 1], scale: [1.2, 0.8, 2], low: [-1, -1.5, -7], high: [2, 1, 0.5] },
    build: (p) => dist.truncatedNormal(p['loc']!, p['scale']!, p['low']!, p['high']!),
    isPathUnique: true,
  },
  {
    name: 'truncatedNormal, one bound',
    parameters: { loc: [0.3, -2, 1], scale: [1.2, 0.8, 2], low: [-1, -1, 2] },
    build: (p) => dist.truncatedNormal(p['loc']!, p['scale']!, p['low']!, Infinity),
    isPathUnique: true,
  },
  { name: 'halfNormal', parameters: { scale: [1, 0.3, 5] }, build: (p) => dist.halfNormal(p['scale']!), isPathUnique: true },
  { name: 'halfCauchy', parameters: { scale: [1, 0.3, 5] }, build: (p) => dist.halfCauchy(p['scale']!), isPathUnique: true },
  {
    name: 'exponential',
    parameters: { rate: [1, 0.3, 5] },
    build: (p) => dist.exponential(p['rate']!),
    isPathUnique: true,
  },
  {
    name: 'uniform',
    parameters: { low: [0, -3, 1.5], high: [1, 4, 2.5] },
    build: (p) => dist.uniform(p['low']!, p['high']!),
    isPathUnique: true,
  },
  {
    name: 'gamma',
    parameters: { concentration: [0.8, 3, 25], rate: [1, 0.5, 4] },
    build: (p) => dist.gamma(p['concentration']!, p['rate']!),
    isPathUnique: true,
  },
  { name: 'chi2', parameters: { df: [1.5, 4, 20] }, build: (p) => dist.chi2(p['df']!), isPathUnique: true },
  {
    name: 'inverseGamma',
    parameters: { concentration: [5, 3, 12], rate: [1, 0.5, 4] },
    build: (p) => dist.inverseGamma(p['concentration']!, p['rate']!),
    isPathUnique: true,
  },
  {
    name: 'beta',
    parameters: { concentration1: [0.8, 3, 25], concentration0: [1.1, 2, 40] },
    build: (p) => dist.beta(p['concentration1']!, p['concentration0']!),
  },
  {
    name: 'weibull',
    parameters: { scale: [1, 0.5, 4], concentration: [0.9, 1.5, 3] },
    build: (p) => dist.weibull(p['scale']!, p['concentration']!),
    isPathUnique: true,
  },
  {
    name: 'pareto',
    parameters: { scale: [1, 0.5, 4], alpha: [3, 5, 9] },
    build: (p) => dist.pareto(p['scale']!, p['alpha']!),
    isPathUnique: true,
  },
  {
    name: 'vonMises',
    parameters: { loc: [0, 0, 0], concentration: [0.5, 4, 50] },
    build: (p) => dist.vonMises(p['loc']!, p['concentration']!),
  },
  {
    name: 'mixtureSameFamily',
    parameters: {
      logits: [[0.3, -0.5], [1, 1], [0, 2]],
      loc: [[-2, 1], [0, 0.5], [3, -3]],
      scale: [[0.5, 1], [1, 0.3], [1, 1]],
    },
    build: (p) => dist.mixtureSameFamily(dist.categorical({ logits: p['logits']! }), dist.normal(p['loc']!, p['scale']!)),
  },
  {
    name: 'transformed by exp',
    parameters: { loc: [0.3, -1, 1.5], scale: [0.8, 0.3, 0.5] },
    build: (p) => dist.transformed(dist.normal(p['loc']!, p['scale']!), [transforms.exp]),
  },
  {
    name: 'transformed by affine and power',
    parameters: { rate: [0.5, 1, 2], exponent: [2, 0.5, 1.5] },
    build: (p) => {
      return dist.transformed(dist.exponential(p['rate']!), [transforms.affine(0, 3), transforms.power(p['exponent']!)]);
    },
  },
  {
    name: 'transformed by affine, off its domain',
    parameters: { concentration: [2, 3, 1.5], loc: [1, -2, 0.5], scale: [2, 0.5, 1] },
    build: (p) => dist.transformed(dist.gamma(p['concentration']!, 1), [transforms.affine(p['loc']!, p['scale']!)]),
  },
];

/** Distributions of single whole numbers. */
export const discrete: readonly Fixture[] = [
  { name: 'bernoulli by probs', parameters: { probs: [0.3, 0.9, 0.5] }, build: (p) => dist.bernoulli({ probs: p['probs']! }) },
  {
    name: 'bernoulli by logits',
    parameters: { logits: [0.3, -3, 2] },
    build: (p) => dist.bernoulli({ logits: p['logits']! }),
  },
  {
    name: 'categorical by probs',
    parameters: { probs: [[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]] },
    build: (p) => dist.categorical({ probs: p['probs']! }),
  },
  {
    name: 'categorical by logits',
    parameters: { logits: [[0.2, 0.5, 3], [-0.7, 1, 0.2]] },
    build: (p) => dist.categorical({ logits: p['logits']! }),
  },
  {
    name: 'binomial by probs',
    parameters: { totalCount: [12, 12, 12], probs: [0.3, 0.9, 0.5] },
    build: (p) => dist.binomial(p['totalCount']!, { probs: p['probs']! }),
    differentiable: ['probs'],
  },
  {
    name: 'binomial by logits',
    parameters: { totalCount: [5, 5, 5], logits: [0.3, -3, 2] },
    build: (p) => dist.binomial(p['totalCount']!, { logits: p['logits']! }),
    differentiable: ['logits'],
  },
  {
    name: 'betaBinomial',
    parameters: { concentration1: [0.7, 3, 20], concentration0: [1.2, 2, 9], totalCount: [10, 10, 10] },
    build: (p) => dist.betaBinomial(p['concentration1']!, p['concentration0']!, p['totalCount']!),
    differentiable: ['concentration1', 'concentration0'],
  },
  { name: 'poisson', parameters: { rate: [0.5, 4, 30] }, build: (p) => dist.poisson(p['rate']!) },
  { name: 'geometric by probs', parameters: { probs: [0.3, 0.9, 0.1] }, build: (p) => dist.geometric({ probs: p['probs']! }) },
  {
    name: 'geometric by logits',
    parameters: { logits: [0.3, 2, -2] },
    build: (p) => dist.geometric({ logits: p['logits']! }),
  },
  {
    name: 'negativeBinomial by probs',
    parameters: { totalCount: [0.7, 5, 12], probs: [0.3, 0.8, 0.5] },
    build: (p) => dist.negativeBinomial(p['totalCount']!, { probs: p['probs']! }),
  },
  {
    name: 'negativeBinomial by logits',
    parameters: { totalCount: [0.7, 5, 12], logits: [0.3, 1.2, -2] },
    build: (p) => dist.negativeBinomial(p['totalCount']!, { logits: p['logits']! }),
  },
  {
    name: 'zeroInflated poisson',
    parameters: { rate: [0.5, 4, 10], gate: [0.3, 0.6, 0.1] },
    build: (p) => dist.zeroInflated(dist.poisson(p['rate']!), { gate: p['gate']! }),
  },
  {
    name: 'zeroInflated binomial by logits',
    parameters: { logits: [0.5, -1, 0], gateLogits: [0.3, -2, 1] },
    build: (p) => dist.zeroInflated(dist.binomial(6, { logits: p['logits']! }), { gateLogits: p['gateLogits']! }),
  },
];

/** Distributions of vectors and matrices. */
export const multivariate: readonly Fixture[] = [
  {
    name: 'dirichlet',
    parameters: { concentration: [[0.8, 2, 3], [5, 5, 9]] },
    build: (p) => dist.dirichlet(p['concentration']!),
  },
  {
    name: 'multivariateNormal by scaleTril',
    parameters: {
      loc: [[0.5, -1], [3, 2]],
      scaleTril: [[[1.2, 0], [0.5, 0.7]], [[0.5, 0], [-0.8, 1.5]]],
    },
    build: (p) => dist.multivariateNormal(p['loc']!, { scaleTril: p['scaleTril']! }),
    differentiable: ['loc'],
  },
  {
    name: 'multivariateNormal by covarianceMatrix',
    parameters: {
      loc: [[0.5, -1], [3, 2]],
      covarianceMatrix: [[[2, 0.5], [0.5, 0.7]], [[0.5, -0.8], [-0.8, 1.5]]],
    },
    build: (p) => dist.multivariateNormal(p['loc']!, { covarianceMatrix: p['covarianceMatrix']! }),
    differentiable: ['loc'],
  },
  {
    name: 'multivariateNormal by precisionMatrix',
    parameters: {
      loc: [[0.5, -1], [3, 2]],
      precisionMatrix: [[[2, 0.5], [0.5, 0.7]], [[0.5, -0.8], [-0.8, 1.5]]],
    },
    build: (p) => dist.multivariateNormal(p['loc']!, { precisionMatrix: p['precisionMatrix']! }),
    differentiable: ['loc'],
  },
  {
    name: 'lowRankMultivariateNormal',
    parameters: {
      loc: [[0.5, -1], [3, 2]],
      covFactor: [[[1.2], [0.5]], [[-0.4], [1]]],
      covDiag: [[0.5, 1], [2, 0.3]],
    },
    build: (p) => dist.lowRankMultivariateNormal(p['loc']!, p['covFactor']!, p['covDiag']!),
  },
  {
    name: 'gaussianRandomWalk',
    parameters: { scale: [0.5, 2] },
    build: (p) => dist.gaussianRandomWalk(p['scale']!, 2),
  },
  { name: 'lkjCholesky', parameters: { concentration: [0.8, 3] }, build: (p) => dist.lkjCholesky(2, p['concentration']!) },
  {
    name: 'lkjCholesky of three',
    parameters: { concentration: [1, 2.5] },
    build: (p) => dist.lkjCholesky(3, p['concentration']!),
  },
  {
    name: 'independent',
    parameters: { loc: [[0.5, -1], [3, 2]], scale: [[0.5, 1], [2, 0.3]] },
    build: (p) => dist.independent(dist.normal(p['loc']!, p['scale']!), 1),
  },
  {
    name: 'independent of expanded',
    parameters: { rate: [[1], [3]] },
    build: (p) => dist.exponential(p['rate']!).expand([...shapeOf(p['rate']!).slice(0, -1), 2]).toEvent(1),
  },
  {
    name: 'transformed by stickBreaking',
    parameters: { loc: [[0.5, -1], [0, 0.4]], scale: [[0.5, 1], [1, 0.3]] },
    build: (p) => dist.transformed(dist.normal(p['loc']!, p['scale']!), [transforms.stickBreaking]),
  },
  {
    name: 'transformed by affine, then ordered',
    parameters: { loc: [[0.5, -1], [0, 0.4]], scale: [[0.5, 1], [1, 0.3]] },
    build: (p) => dist.transformed(dist.normal(0, [1, 1]), [transforms.affine(p['loc']!, p['scale']!), transforms.ordered]),
  },
];

/** Distributions of vectors of whole numbers. */
export const discreteVectors: readonly Fixture[] = [
  {
    name: 'oneHotCategorical by probs',
    parameters: { probs: [[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]] },
    build: (p) => dist.oneHotCategorical({ probs: p['probs']! }),
  },
  {
    name: 'oneHotCategorical by logits',
    parameters: { logits: [[0.2, 0.5, 3], [-0.7, 1, 0.2]] },
    build: (p) => dist.oneHotCategorical({ logits: p['logits']! }),
  },
  {
    name: 'multinomial by probs',
    parameters: { totalCount: [5, 8], probs: [[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]] },
    build: (p) => dist.multinomial(p['totalCount']!, { probs: p['probs']! }),
    differentiable: ['probs'],
  },
  {
    name: 'multinomial by logits',
    parameters: { totalCount: [5, 8], logits: [[0.2, 0.5, 3], [-0.7, 1, 0.2]] },
    build: (p) => dist.multinomial(p['totalCount']!, { logits: p['logits']! }),
    differentiable: ['logits'],
  },
];

/** Distributions whose density has jumps. */
export const jumping: readonly Fixture[] = [
  {
    name: 'mixtureSameFamily of uniforms',
    parameters: { probs: [[0.3, 0.7], [0.5, 0.5]], low: [[0, 0.5], [1, 1]], high: [[1, 2], [3, 2]] },
    build: (p) => dist.mixtureSameFamily(dist.categorical({ probs: p['probs']! }), dist.uniform(p['low']!, p['high']!)),
    differentiable: ['low', 'high'],
  },
];

/** Every row. */
export const all: readonly Fixture[] = [...continuous, ...jumping, ...discrete, ...multivariate, ...discreteVectors];
