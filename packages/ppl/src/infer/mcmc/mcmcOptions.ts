/** @file The options of `MCMC`. */
import { RandomStream } from '../../random/stream.ts';
import { checkOptions } from '../../util/options.ts';
import { checkInteger } from './checks.ts';
import { DRAW_STATISTICS, type DrawStatistic } from './draws.ts';
import type { Executor } from './executor.ts';
import type { InitStrategy } from './initStrategy.ts';
import type { McmcProgress } from './runProgress.ts';
import type { SampleArray } from './samples.ts';

export interface McmcOptions {
  /** Transitions of each chain after warm-up; all of them are draws, unless there is `thinning`. */
  readonly numSamples: number;
  /** Transitions before them, which tune step size and mass matrix; default 1000, as in Stan; 0 is allowed. */
  readonly numWarmup?: number;
  /** Default 1, as in Pyro. Four or more make R̂ and the effective sample sizes trustworthy. */
  readonly numChains?: number;
  /** Keeps every so manieth draw, `numSamples / thinning` of a chain rounded down, as in Stan; default 1: all of them. */
  readonly thinning?: number;
  /** Makes the run repeatable. Left out, it depends on `setSeed`. */
  readonly seed?: number;
  /**
   * Where chains begin; default 'uniform': each unconstrained coordinate uniform on (-2, 2). An array has an entry for each
   * chain.
   */
  readonly initStrategy?: InitStrategy | readonly InitStrategy[];
  /** Where chains run; default 'auto': in workers, side by side, where that is possible and pays. The draws are the same. */
  readonly executor?: Executor;
  /** Workers at once; default as many as there are processors. */
  readonly numWorkers?: number;
  /** What `getExtraFields` gives; default all there is. */
  readonly extraFields?: readonly DrawStatistic[];
  /** Whether to show progress: by default only on a terminal; true: also elsewhere, in a few lines; false: never. */
  readonly progressBar?: boolean;
  /** Called about every 30 ms for each chain that runs, and at the end of each of its phases; see `onDraws`. */
  readonly onProgress?: (progress: McmcProgress) => unknown;
  /**
   * Called with draws as they come, about every 30 ms for each chain that runs. The run does not wait for a promise that it
   * returns until all is drawn. Where the callback throws, or its promise rejects, the run stops and rejects likewise.
   */
  readonly onDraws?: (draws: DrawBatch) => unknown;
  /** Stops the run: at once in workers, else after the current transition. What was drawn so far is in `checkpoint()`. */
  readonly signal?: AbortSignal;
}

/** Draws of one chain, fresh from it. */
export interface DrawBatch {
  /** From 0. */
  readonly chain: number;
  /** The index in its chain of the first of these draws; batches of a chain come in order, without gaps. */
  readonly first: number;
  readonly count: number;
  /** The values of each site, of shape `[draw, ...site shape]`. */
  readonly sites: Record<string, SampleArray>;
}

/** {@link McmcOptions}, checked, with defaults in place. */
export type McmcSettings = McmcOptions &
  Required<Pick<McmcOptions, 'numWarmup' | 'numChains' | 'thinning' | 'initStrategy' | 'executor' | 'extraFields'>>;

const OPTIONS = [
  'numSamples', 'numWarmup', 'numChains', 'thinning', 'seed', 'initStrategy', 'executor', 'numWorkers', 'extraFields',
  'progressBar', 'onProgress', 'onDraws', 'signal',
];
const EXECUTORS: readonly string[] = ['auto', 'sequential', 'workers'];

/** @throws TypeError for unknown options; RangeError for values out of range. */
export function checkMcmcOptions(options: McmcOptions): McmcSettings {
  const where = 'infer.MCMC';
  checkOptions(where, options, OPTIONS);
  const {
    numSamples, numWarmup = 1000, numChains = 1, thinning = 1, seed, initStrategy = 'uniform', executor = 'auto', numWorkers,
    extraFields = DRAW_STATISTICS,
  } = options;
  checkInteger(where, 'numSamples', numSamples, 1);
  checkInteger(where, 'numWarmup', numWarmup, 0);
  checkInteger(where, 'numChains', numChains, 1);
  checkInteger(where, 'thinning', thinning, 1);
  if (thinning > numSamples) {
    throw new RangeError(`${where}: with numSamples ${numSamples} and thinning ${thinning} no draws are left`);
  }
  if (numWorkers !== undefined) checkInteger(where, 'numWorkers', numWorkers, 1);
  if (seed !== undefined) RandomStream.fromSeed(seed);
  for (const name of ['onProgress', 'onDraws'] as const) {
    const callback = options[name];
    if (callback !== undefined && typeof callback !== 'function') throw new TypeError(`${where}: ${name} must be a function`);
  }
  if (options.signal !== undefined && typeof (options.signal as Partial<AbortSignal> | null)?.throwIfAborted !== 'function') {
    throw new TypeError(`${where}: signal must be an AbortSignal: the \`signal\` of an AbortController, say`);
  }
  if (!EXECUTORS.includes(executor)) {
    throw new TypeError(`${where}: executor must be 'auto', 'sequential' or 'workers', got '${String(executor)}'`);
  }
  if (Array.isArray(initStrategy) && initStrategy.length !== numChains) {
    throw new RangeError(`${where}: initStrategy has ${initStrategy.length} entries, and there are ${numChains} chains`);
  }
  for (const field of extraFields) {
    if (DRAW_STATISTICS.includes(field)) continue;
    throw new TypeError(`${where}: extraFields are among ${DRAW_STATISTICS.join(', ')}, got '${String(field)}'`);
  }
  return { ...options, numWarmup, numChains, thinning, initStrategy, executor, extraFields };
}
