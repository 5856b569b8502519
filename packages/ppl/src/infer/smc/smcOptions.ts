/** @file The options of `smc`. */
import { RandomStream } from '../../random/stream.ts';
import { checkOptions } from '../../util/options.ts';
import { checkInteger, checkPositive } from '../mcmc/checks.ts';
import { checkEngine } from '../mcmc/model/engine.ts';
import type { Engine } from '../mcmc/target.ts';
import type { SmcStage } from './smcSamples.ts';

export interface SmcOptions {
  /** How many particles: draws of the posterior, in the end. A thousand or more. */
  readonly numParticles: number;
  /** The effective sample size that a step in temperature may leave, as a share of the particles; default 0.5. */
  readonly essThreshold?: number;
  /**
   * How many HMC transitions each particle makes at a temperature; by default as many as it takes for the particles to forget
   * where they began, 20 at most.
   */
  readonly numMoves?: number;
  /** The mean acceptance probability that the step size is tuned to; default 0.8. */
  readonly targetAcceptProb?: number;
  /** Step size times number of steps of a transition, in units of the particles' spread; default π/2. */
  readonly trajectoryLength?: number;
  /** The form of the mass matrix, computed from the particles; 'auto', the default, is dense where particles are many enough. */
  readonly massMatrix?: 'auto' | 'diagonal' | 'dense';
  /** How the model is made a log density; default 'auto': compiled, where that is possible. */
  readonly engine?: Engine;
  /** Whether particles are drawn from the prior in one run: see `importance`. */
  readonly parallel?: boolean;
  /** Makes the run repeatable. Left out, it comes from the `seed` handler in force, or depends on `setSeed`. */
  readonly seed?: number;
  /** Whether to show progress: by default only on a terminal; true: also elsewhere, in a few lines; false: never. */
  readonly progressBar?: boolean;
  /** Called after each temperature. Where it throws, or a promise that it returns rejects, the run stops and rejects likewise. */
  readonly onProgress?: (stage: SmcStage) => unknown;
  /** Stops the run. */
  readonly signal?: AbortSignal;
}

/** {@link SmcOptions}, checked, with defaults in place. */
export type SmcSettings = SmcOptions &
  Required<Pick<SmcOptions, 'essThreshold' | 'targetAcceptProb' | 'trajectoryLength' | 'massMatrix' | 'engine'>>;

const OPTIONS = [
  'numParticles', 'essThreshold', 'numMoves', 'targetAcceptProb', 'trajectoryLength', 'massMatrix', 'engine', 'parallel', 'seed',
  'progressBar', 'onProgress', 'signal',
];

/** @throws TypeError for unknown options; RangeError for values out of range. */
export function checkSmcOptions(where: string, options: SmcOptions): SmcSettings {
  checkOptions(where, options, OPTIONS, `What the model is called with comes after the options: ${where}(model, { numParticles: 1000 }, data).`);
  const {
    numParticles, essThreshold = 0.5, numMoves, targetAcceptProb = 0.8, trajectoryLength = Math.PI / 2, massMatrix = 'auto',
    engine = 'auto', parallel, seed, onProgress, signal,
  } = options ?? {};
  checkInteger(where, 'numParticles', numParticles, 2);
  checkShare(where, 'essThreshold', essThreshold);
  if (numMoves !== undefined) checkInteger(where, 'numMoves', numMoves, 1);
  checkShare(where, 'targetAcceptProb', targetAcceptProb);
  checkPositive(where, 'trajectoryLength', trajectoryLength);
  if (!['auto', 'diagonal', 'dense'].includes(massMatrix)) {
    throw new TypeError(`${where}: massMatrix must be one of 'auto', 'diagonal', 'dense', got '${String(massMatrix)}'`);
  }
  checkEngine(where, engine);
  if (parallel !== undefined && typeof parallel !== 'boolean') throw new TypeError(`${where}: parallel must be true or false, got ${String(parallel)}`);
  if (seed !== undefined) RandomStream.fromSeed(seed);
  if (onProgress !== undefined && typeof onProgress !== 'function') throw new TypeError(`${where}: onProgress must be a function`);
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.throwIfAborted !== 'function') {
    throw new TypeError(`${where}: signal must be an AbortSignal: the \`signal\` of an AbortController, say`);
  }
  return { ...options, essThreshold, targetAcceptProb, trajectoryLength, massMatrix, engine };
}

function checkShare(where: string, name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${where}: ${name} must lie between 0 and 1, got ${value}`);
}
