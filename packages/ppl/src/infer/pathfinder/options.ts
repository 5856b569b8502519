/** @file The options of Pathfinder. */
import { RandomStream } from '../../random/stream.ts';
import { checkOptions } from '../../util/options.ts';
import { checkInteger } from '../mcmc/checks.ts';
import type { InitStrategy } from '../mcmc/initStrategy.ts';
import { checkEngine } from '../mcmc/model/engine.ts';
import type { Engine } from '../mcmc/target.ts';
import type { PathStep, SinglePathOptions } from './singlePath.ts';

/** How paths are made, whether for draws or for where a chain begins. */
export interface PathOptions {
  /** Paths, each from an initial point of its own; default 4. Where a posterior has minor modes, some paths end in them. */
  readonly numPaths?: number;
  /** Steps of L-BFGS at most; default 1000. */
  readonly maxIterations?: number;
  /**
   * Pairs of steps and changes of gradient that the estimate of curvature is made of; default 10. With as many as there are
   * dimensions, a normal posterior is found exactly; the cost of a draw grows in proportion.
   */
  readonly historySize?: number;
  /** Draws that the ELBO is estimated from at each step; default 10. Each costs an evaluation of the density. */
  readonly numElboDraws?: number;
}

export interface PathfinderOptions extends PathOptions {
  /** Draws to make of each path's approximation, and to return of the pool; default 1000. */
  readonly numDraws?: number;
  /** Makes the run repeatable. Left out, it depends on `setSeed`. */
  readonly seed?: number;
  /**
   * Where paths begin, as for chains of `MCMC`; default 'uniform'. An array has an entry for each path. Paths that begin at the
   * same point end at the same.
   */
  readonly initStrategy?: PathInitStrategy | readonly PathInitStrategy[];
  /** How a model is made a log density; default 'auto'. Without effect on a `LogDensity`. */
  readonly engine?: Engine;
  /** Stops the run after the current iteration of a path. */
  readonly signal?: AbortSignal;
  /** Called after every iteration of a path. Where it throws, or its promise rejects, the run stops and rejects likewise. */
  readonly onProgress?: (progress: PathfinderProgress) => unknown;
}

/** {@link InitStrategy}, but for those that would use Pathfinder themselves. */
export type PathInitStrategy = Exclude<InitStrategy, 'pathfinder' | { readonly pathfinder: unknown }>;

/** How far a path has come. */
export interface PathfinderProgress extends PathStep {
  /** From 0. */
  readonly path: number;
  readonly numPaths: number;
}

/** {@link PathfinderOptions}, checked, with defaults in place. */
export type PathfinderSettings = PathfinderOptions &
  SinglePathOptions &
  Required<Pick<PathfinderOptions, 'numPaths' | 'numDraws' | 'initStrategy' | 'engine'>>;

/** {@link PathOptions}, checked, with defaults in place. */
export type PathSettings = SinglePathOptions & Required<PathOptions>;

/** Names of {@link PathOptions}. */
const PATH_OPTIONS = ['numPaths', 'maxIterations', 'historySize', 'numElboDraws'];
const OPTIONS = ['numDraws', 'seed', 'initStrategy', 'engine', 'signal', 'onProgress', ...PATH_OPTIONS];

/** Of `infer.pathfinder`. */
const ORDER = 'What the model is called with comes after the options: infer.pathfinder(model, {}, data).';

/**
 * @param advice - see {@link checkOptions}.
 * @throws TypeError for unknown options; RangeError for values out of range.
 */
export function checkPathOptions(
  where: string,
  options: PathOptions,
  allowed: readonly string[] = PATH_OPTIONS,
  advice?: string,
): PathSettings {
  checkOptions(where, options, allowed, advice);
  const { numPaths = 4, maxIterations = 1000, historySize = 10, numElboDraws = 10 } = options;
  checkInteger(where, 'numPaths', numPaths, 1);
  checkInteger(where, 'maxIterations', maxIterations, 1);
  checkInteger(where, 'historySize', historySize, 1);
  checkInteger(where, 'numElboDraws', numElboDraws, 1);
  return { numPaths, maxIterations, historySize, numElboDraws };
}

/** @throws TypeError for unknown options; RangeError for values out of range. */
export function checkPathfinderOptions(options: PathfinderOptions): PathfinderSettings {
  const where = 'infer.pathfinder';
  const pathSettings = checkPathOptions(where, options, OPTIONS, ORDER);
  const { numPaths } = pathSettings;
  const { numDraws = 1000, seed, initStrategy = 'uniform', engine = 'auto', signal, onProgress } = options;
  checkInteger(where, 'numDraws', numDraws, 1);
  checkEngine(where, engine);
  if (seed !== undefined) RandomStream.fromSeed(seed);
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new TypeError(`${where}: onProgress must be a function`);
  }
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.throwIfAborted !== 'function') {
    throw new TypeError(`${where}: signal must be an AbortSignal: the \`signal\` of an AbortController, say`);
  }
  if (Array.isArray(initStrategy) && initStrategy.length !== numPaths) {
    throw new RangeError(`${where}: initStrategy has ${initStrategy.length} entries, and there are ${numPaths} paths`);
  }
  return { ...options, ...pathSettings, numDraws, initStrategy, engine };
}
