/** @file Inference: variational, Markov chain Monte Carlo, prediction. */
export { logDensity } from './mcmc/model/modelTarget.ts';
export type { LogDensityOptions, ModelLogDensity } from './mcmc/model/modelTarget.ts';
export * from './importance/index.ts';
export * from './initialisation/index.ts';
export { Predictive } from './predictive.ts';
export type { PredictiveOptions } from './predictive.ts';
export type { ElboOptions } from './svi/elbo.ts';
export { lossOf } from './svi/lossOf.ts';
export type { LossFunction } from './svi/lossOf.ts';
export { NotTraceable } from './svi/notTraceable.ts';
export type { Loss, LossAndGradients, ParamGradient, Program } from './svi/loss.ts';
export { SVI } from './svi/svi.ts';
export type { SviOptions, SviProgress, SviRunOptions } from './svi/svi.ts';
export { TraceELBO } from './svi/traceElbo.ts';
export { TraceMeanFieldELBO } from './svi/traceMeanFieldElbo.ts';
export * from './mcmc/index.ts';
export * from './pathfinder/index.ts';
