/** @file What `svi.run` can be told, and what it gives. */
import { describe } from '../../util/describe.ts';
import { checkOptions } from '../../util/options.ts';
import { checkInteger } from '../mcmc/checks.ts';
import type { Batches } from './batches.ts';
import type { SviCheckpoint } from './checkpoint.ts';
import type { StepStats } from './compiled/stepEngine.ts';
import type { StopRule } from './stopWhen.ts';

/** How far a run has come. */
export interface SviProgress {
  /** Number of steps done. */
  readonly step: number;
  readonly steps: number;
  /** The loss that the last step began with; NaN if it was skipped. */
  readonly loss: number;
}

export interface SviRunOptions<A extends unknown[]> {
  /** How many steps to take, those before a checkpoint included. */
  readonly steps: number;
  /** The arguments of model and guide, the same at every step; none by default. */
  readonly args?: A;
  /** Or else where the arguments of each step come from; gone through again from the start whenever they end. */
  readonly batches?: Batches<A>;
  /** Called after steps; a promise that it returns is waited for. */
  readonly onProgress?: (progress: SviProgress) => unknown;
  /** How often `onProgress` is called: after every so many steps, and after the last of `steps`; 1 by default. */
  readonly every?: number;
  /** Ends the run early: `infer.stopWhenFlat()`, or a function that is asked after each step whether it was the last. */
  readonly stopWhen?: StopRule | ((progress: SviProgress) => boolean);
  /**
   * Whether steps whose loss or gradients are not finite are skipped, and counted, instead of ending the run; false by
   * default.
   */
  readonly stableUpdate?: boolean;
  /**
   * Called with the run as it is every `checkpointEvery` steps and when the run ends, also by an error or an abort; a promise
   * that it returns is waited for. A checkpoint has numbers of its own, but is for this process: constraints hold functions, which
   * `structuredClone` and `postMessage` refuse. `infer.sviCheckpointToBytes` and `infer.saveSviCheckpoint` take it elsewhere.
   */
  readonly onCheckpoint?: (checkpoint: SviCheckpoint) => unknown;
  /** At the end only, by default. */
  readonly checkpointEvery?: number;
  /**
   * Goes on where a checkpoint was taken. On the same backend and engine, the numbers are the very ones that would have come
   * had the run not stopped: parameters, optimiser and random stream are put back. `batches` must begin where they began
   * then: those of the steps done are passed over.
   */
  readonly resume?: SviCheckpoint;
  /** Ends the run with the signal's reason, an `AbortError` by default. What has been learnt stays. */
  readonly signal?: AbortSignal;
  /** Shows a line of progress on standard error; by default if that is a terminal. */
  readonly progressBar?: boolean;
}

/** What has become of a run. */
export interface SviResult {
  /** The loss of each step; NaN for those that were skipped. */
  readonly losses: number[];
  /** How many steps were taken or skipped: the length of `losses`. */
  readonly steps: number;
  /** Whether all steps were taken, or `stopWhen` ended the run. */
  readonly stopped: 'steps' | 'early';
  /** How many steps were skipped, since a loss or gradient was not finite. */
  readonly skipped: number;
  /** How steps were run. */
  readonly stats: StepStats;
}

const KEYS: readonly string[] = [
  'steps',
  'args',
  'batches',
  'onProgress',
  'every',
  'stopWhen',
  'stableUpdate',
  'onCheckpoint',
  'checkpointEvery',
  'resume',
  'signal',
  'progressBar',
];

/** @throws TypeError for options that are unknown, of the wrong kind or at odds; RangeError for numbers out of range. */
export function checkRunOptions<A extends unknown[]>(options: SviRunOptions<A>): void {
  checkOptions('svi.run', options, KEYS);
  const { steps, args, batches, every, stopWhen, onCheckpoint, checkpointEvery } = options;
  checkInteger('svi.run', 'steps', steps, 0);
  if (args !== undefined && batches !== undefined) throw new TypeError('svi.run: give args or batches, not both');
  if (args !== undefined && !Array.isArray(args)) {
    throw new TypeError(`svi.run: args must be an array of the arguments of model and guide, such as [x, y]; got ${describe(args)}`);
  }
  if (every !== undefined) checkInteger('svi.run', 'every', every, 1);
  if (checkpointEvery !== undefined) checkInteger('svi.run', 'checkpointEvery', checkpointEvery, 1);
  if (checkpointEvery !== undefined && onCheckpoint === undefined) {
    throw new TypeError('svi.run: checkpointEvery needs onCheckpoint, which is given the checkpoints');
  }
  if (stopWhen !== undefined && typeof stopWhen !== 'function' && typeof stopWhen?.begin !== 'function') {
    throw new TypeError('svi.run: stopWhen must be infer.stopWhenFlat(), or a function of the progress that returns whether to stop');
  }
}
