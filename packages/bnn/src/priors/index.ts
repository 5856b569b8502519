/** @file Priors over the weights of a network. */
export { dictionary, DictionaryPrior } from './dictionary.ts';
export type { PriorFilter } from './filter.ts';
export { iid, IidPrior } from './iid.ts';
export { lambda, LambdaPrior } from './lambda.ts';
export type { PriorFunction } from './lambda.ts';
export { layerwiseNormal, LayerwiseNormalPrior } from './layerwiseNormal.ts';
export type { LayerwiseNormalOptions } from './layerwiseNormal.ts';
export { moped, MopedPrior } from './moped.ts';
export type { MopedOptions } from './moped.ts';
export { Prior } from './prior.ts';
export type { Nonlinearity, ScalingMethod } from './standardDeviation.ts';
