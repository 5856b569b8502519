/** @file Optimisers. */
export { adagrad } from './adagrad.ts';
export type { AdagradSettings } from './adagrad.ts';
export { adagradRmsprop } from './adagradRmsprop.ts';
export type { AdagradRmspropSettings } from './adagradRmsprop.ts';
export { adam, adamW, clippedAdam } from './adam.ts';
export type { AdamSettings, AdamWSettings, ClippedAdamSettings } from './adam.ts';
export { adamax } from './adamax.ts';
export { clip } from './clip.ts';
export type { ClipOptions } from './clip.ts';
export type { Cosine, Exponential, Factor, Milestones, OneCycle, Schedule, Sequence, WarmUp } from './factor.ts';
export type {
  FusedGradient,
  FusedNext,
  FusedParameter,
  FusedUpdate,
  LayerState,
  Optimizer,
  OptimizerState,
  ParameterGradient,
  ParameterState,
} from './optimizer.ts';
export { reduceOnPlateau } from './plateau.ts';
export type { PlateauOptions } from './plateau.ts';
export { rmsprop } from './rmsprop.ts';
export type { RmspropSettings } from './rmsprop.ts';
export type { Settings } from './rule.ts';
export { schedule } from './schedule.ts';
export { sgd } from './sgd.ts';
export type { SgdSettings } from './sgd.ts';
