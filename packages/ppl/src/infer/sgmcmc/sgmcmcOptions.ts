/** @file The options of `SGMCMC`, what it tells of a run, and where its data come from. */
import { RandomStream } from '../../random/stream.ts';
import { checkOptions } from '../../util/options.ts';
import { checkInteger } from '../mcmc/checks.ts';
import type { InitStrategy } from '../mcmc/initStrategy.ts';
import { pathfinderOptions } from '../mcmc/initStrategy.ts';
import type { SiteValue } from '../mcmc/target.ts';
import type { Batches, Pass } from '../svi/batches.ts';
import type { StepPhase } from './schedule.ts';

export interface SgmcmcOptions {
  /**
   * Steps of each chain after burn-in or, with a cyclical schedule, all steps of its cycles that do not explore. All of them end in
   * draws, unless there is `thinning`.
   */
  readonly numSamples: number;
  /** Steps before them; 1000 by default. Not for cyclical schedules, whose cycles begin with steps that explore. */
  readonly numBurnIn?: number;
  /** 1 by default: independent of each other, they make R̂ trustworthy, and find different modes. They run one after the other. */
  readonly numChains?: number;
  /** Keeps every so manieth draw; 1 by default. What is kept is all that memory grows with. */
  readonly thinning?: number;
  /** Makes the run repeatable. Left out, it depends on `setSeed`. */
  readonly seed?: number;
  /** Where chains begin, as for `MCMC`, but for `'pathfinder'`; by default `'uniform'`. */
  readonly initStrategy?: InitStrategy;
  /** Whether draws are kept for `getSamples`; true by default. Where they are too many, `onSample` can take them elsewhere. */
  readonly keepSamples?: boolean;
  /** Whether to show progress; see `MCMC`. */
  readonly progressBar?: boolean;
  /** Called about every 30 ms, and at the end of each chain; a promise that it returns is waited for. */
  readonly onProgress?: (progress: SgmcmcProgress) => unknown;
  /** Called with each draw; a promise that it returns is waited for. */
  readonly onSample?: (sample: SgmcmcSample) => unknown;
  /** Stops the run after the step that is under way. What was drawn so far is in `checkpoint()`. */
  readonly signal?: AbortSignal;
}

/** How far a chain has come. */
export interface SgmcmcProgress {
  /** From 0. */
  readonly chain: number;
  readonly numChains: number;
  readonly phase: StepPhase;
  /** Steps taken, */
  readonly step: number;
  /** of so many. */
  readonly numSteps: number;
  /** The step size of the last step. */
  readonly stepSize: number;
  /** The potential energy, -log p in unconstrained space, that it began with: an estimate by its batch. */
  readonly potential: number;
}

/** One draw. */
export interface SgmcmcSample {
  /** From 0. */
  readonly chain: number;
  /** Its index in its chain. */
  readonly draw: number;
  /** The values of the latent sites; the arrays are the receiver's. */
  readonly values: Readonly<Record<string, SiteValue>>;
}

/** Batches, or a function that makes those of a pass, which may shuffle by `stream`: another one for each pass and chain. */
export type SgmcmcBatches<A extends unknown[]> = Batches<A> | ((pass: number, stream: RandomStream) => Pass<A> | Promise<Pass<A>>);

/** What the model is called with: the same arguments at every step, none by default; or else a batch at each. */
export interface SgmcmcData<A extends unknown[]> {
  readonly args?: A;
  /** Gone through again from the start whenever they end, and for every chain. */
  readonly batches?: SgmcmcBatches<A>;
}

/** {@link SgmcmcOptions}, checked, with defaults in place. */
export type SgmcmcSettings = SgmcmcOptions & Required<Pick<SgmcmcOptions, 'numChains' | 'thinning' | 'initStrategy' | 'keepSamples'>>;

const WHERE = 'infer.SGMCMC';
const KEYS: readonly string[] = [
  'numSamples', 'numBurnIn', 'numChains', 'thinning', 'seed', 'initStrategy', 'keepSamples', 'progressBar', 'onProgress', 'onSample', 'signal',
];

/** @throws TypeError for unknown options, or such as MCMC alone has; RangeError for values out of range. */
export function checkSgmcmcOptions(options: SgmcmcOptions): SgmcmcSettings {
  if (typeof options === 'object' && options !== null && 'numWarmup' in options) {
    throw new TypeError(`${WHERE}: there is no numWarmup, since nothing is tuned: numBurnIn is the number of steps that are dropped`);
  }
  checkOptions(WHERE, options, KEYS);
  const { numSamples, numBurnIn, numChains = 1, thinning = 1, seed, initStrategy = 'uniform', keepSamples = true, signal } = options;
  checkInteger(WHERE, 'numSamples', numSamples, 1);
  if (numBurnIn !== undefined) checkInteger(WHERE, 'numBurnIn', numBurnIn, 0);
  checkInteger(WHERE, 'numChains', numChains, 1);
  checkInteger(WHERE, 'thinning', thinning, 1);
  if (seed !== undefined) RandomStream.fromSeed(seed);
  if (typeof keepSamples !== 'boolean') throw new TypeError(`${WHERE}: keepSamples must be true or false`);
  if (pathfinderOptions(initStrategy) !== null) {
    throw new TypeError(`${WHERE}: initStrategy cannot be Pathfinder, which follows the density of all data; begin where AutoDelta ends, say: { values }`);
  }
  for (const name of ['onProgress', 'onSample'] as const) {
    const callback = options[name];
    if (callback !== undefined && typeof callback !== 'function') throw new TypeError(`${WHERE}: ${name} must be a function`);
  }
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.throwIfAborted !== 'function') {
    throw new TypeError(`${WHERE}: signal must be an AbortSignal: the \`signal\` of an AbortController, say`);
  }
  return { ...options, numChains, thinning, initStrategy, keepSamples };
}

/** @throws TypeError unless the data are such as the model can be called with. */
export function checkSgmcmcData<A extends unknown[]>(where: string, data: SgmcmcData<A>): void {
  checkOptions(where, data, ['args', 'batches'], `Give the model's arguments as { args: [x, y] }, or { batches }.`);
  const { args, batches } = data;
  if (args !== undefined && batches !== undefined) throw new TypeError(`${where}: give args or batches, not both`);
  if (args !== undefined && !Array.isArray(args)) throw new TypeError(`${where}: args must be an array of the model's arguments, such as [x, y]`);
}
