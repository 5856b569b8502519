/** @file Optimisers. */
export { adagrad } from './adagrad.ts';
export type { AdagradSettings } from './adagrad.ts';
export { adam, adamW, clippedAdam } from './adam.ts';
export type { AdamSettings, AdamWSettings, ClippedAdamSettings } from './adam.ts';
export type { Optimizer, OptimizerState, ParameterGradient, ParameterState } from './optimizer.ts';
export { rmsprop } from './rmsprop.ts';
export type { RmspropSettings } from './rmsprop.ts';
export type { Settings } from './rule.ts';
export { schedule } from './schedule.ts';
export type { Cosine, Exponential, Milestones, Schedule } from './schedule.ts';
export { sgd } from './sgd.ts';
export type { SgdSettings } from './sgd.ts';
