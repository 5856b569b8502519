/** @file Inference: variational, Markov chain Monte Carlo, prediction. */
export { logDensity } from './mcmc/model/modelTarget.ts';
export type { LogDensityOptions, ModelLogDensity } from './mcmc/model/modelTarget.ts';
