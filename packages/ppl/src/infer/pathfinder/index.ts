/** @file Pathfinder: what `infer` shows of it. */
export { pathfinder, PathfinderError } from './pathfinder.ts';
export type { PathfinderOptions, PathfinderProgress, PathInitStrategy, PathOptions } from './options.ts';
export type { PathfinderFailure, PathfinderPath, PathfinderResult } from './result.ts';
export type { PathStopReason } from './lbfgs.ts';
