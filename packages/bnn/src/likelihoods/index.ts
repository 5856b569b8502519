/** @file Likelihoods: how targets are distributed around what a network predicts. */
export { bernoulli, BernoulliLikelihood } from './bernoulli.ts';
export type { BernoulliOptions } from './bernoulli.ts';
export { categorical, CategoricalLikelihood } from './categorical.ts';
export type { CategoricalOptions } from './categorical.ts';
export { Gaussian } from './gaussian.ts';
export type { GaussianPredictions } from './gaussian.ts';
export { heteroskedasticGaussian, HeteroskedasticGaussian } from './heteroskedasticGaussian.ts';
export type { HeteroskedasticGaussianOptions } from './heteroskedasticGaussian.ts';
export { homoskedasticGaussian, HomoskedasticGaussian } from './homoskedasticGaussian.ts';
export type { HomoskedasticGaussianOptions, NoiseLevel } from './homoskedasticGaussian.ts';
export { Likelihood } from './likelihood.ts';
export type { LatentValues, LikelihoodOptions } from './likelihood.ts';
export { poisson, PoissonLikelihood } from './poisson.ts';
export type { PoissonOptions } from './poisson.ts';
export type { Reduction, ReductionOptions } from './reduction.ts';
