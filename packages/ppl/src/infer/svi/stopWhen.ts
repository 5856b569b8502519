/** @file When to stop training: the loss has become flat. */
import { checkOptions } from '../../util/options.ts';
import { checkInteger } from '../mcmc/checks.ts';

/** Decides after each step of a run whether it was the last. */
export interface StopRule {
  /** A fresh judge, for one run. It is told the loss of each step, also of those done before a checkpoint. */
  begin(): (loss: number) => boolean;
}

export interface FlatOptions {
  /** Training stops once this many steps in a row have brought no improvement; 500 by default. */
  readonly patience?: number;
  /** How many of the last losses are averaged before they are compared, since each is noisy; 100 by default. */
  readonly window?: number;
  /** What counts as an improvement: a mean lower than the lowest so far by more than this; 0 by default. */
  readonly minDelta?: number;
}

/** What {@link flat} remembers. */
export interface FlatState {
  /** The last losses, the oldest first; at most as many as the window is wide. */
  readonly recent: readonly number[];
  /** The lowest mean of a full window so far. */
  readonly best: number;
  /** The number of steps since then. */
  readonly stale: number;
}

export const FLAT_BEGIN: FlatState = { recent: [], best: Infinity, stale: 0 };

/** The state after one more step with this loss. A loss that is not finite, of a step that was skipped, changes nothing. */
export function flat(state: FlatState, loss: number, { window, minDelta }: Required<FlatOptions>): FlatState {
  if (!Number.isFinite(loss)) return state;
  const recent = [...state.recent.slice(Math.max(0, state.recent.length + 1 - window)), loss];
  if (recent.length < window) return { ...state, recent };
  const mean = recent.reduce((sum, value) => sum + value, 0) / window;
  const isBetter = mean < state.best - minDelta;
  return { recent, best: isBetter ? mean : state.best, stale: isBetter ? 0 : state.stale + 1 };
}

/**
 * Stops a run once its loss no longer falls: `svi.run({ steps: 20_000, stopWhen: infer.stopWhenFlat({ patience: 500 }) })`.
 * The steps of the run are then the most that it takes.
 *
 * @throws TypeError for unknown options; RangeError for options out of range.
 */
export function stopWhenFlat(options: FlatOptions = {}): StopRule {
  checkOptions('infer.stopWhenFlat', options, ['patience', 'window', 'minDelta']);
  const settings = { patience: 500, window: 100, minDelta: 0, ...options };
  checkInteger('infer.stopWhenFlat', 'patience', settings.patience, 1);
  checkInteger('infer.stopWhenFlat', 'window', settings.window, 1);
  if (!(settings.minDelta >= 0 && settings.minDelta < Infinity)) {
    throw new RangeError(`infer.stopWhenFlat: minDelta must be a number of at least 0, got ${settings.minDelta}`);
  }
  return {
    begin: () => {
      let state = FLAT_BEGIN;
      return (loss) => {
        state = flat(state, loss, settings);
        return state.stale >= settings.patience;
      };
    },
  };
}
