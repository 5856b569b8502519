/** @file Importance sampling, and what rests on it. */
export { compare, type ModelComparison } from './compare.ts';
export type { Elpd } from './elpd.ts';
export { importance, type ImportanceOptions } from './importance.ts';
export { ImportanceSamples, type Draw, type Expectation } from './importanceSamples.ts';
export { logLikelihood } from './logLikelihood.ts';
export type { LogLikelihoods } from './logLikelihoodMatrix.ts';
export { loo, type Loo, type LooOptions } from './loo.ts';
export type { PosteriorSamples } from './posteriorDraws.ts';
export { paretoKThreshold, psis, type Psis, type PsisOptions } from './psis.ts';
export { multinomialResample, stratifiedResample, systematicResample } from './resampling.ts';
export { waic, type Waic } from './waic.ts';
