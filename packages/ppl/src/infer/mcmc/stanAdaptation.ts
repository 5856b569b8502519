/** @file Warm-up as in Stan: windows of draws, at whose ends their covariance becomes the mass matrix. */
import { castDraft, produce } from 'immer';
import type { AdaptationOptions } from './adaptation.ts';
import { startDualAveraging, tuneStepSize, type DualAveragingState } from './dualAveraging.ts';
import type { InverseMassMatrix } from './metric.ts';
import { addToWelford, regularisedCovariance, startWelford, type WelfordState } from './welford.ts';
import { adaptationWindows, type AdaptationWindow } from './windows.ts';

/** Plain data, never changed in place; after the last window it stays as it is for good. */
export interface StanAdaptation {
  readonly scheme: 'stan';
  /** Transitions learnt from. */
  readonly iteration: number;
  readonly windows: readonly AdaptationWindow[];
  /** Index of the window that `iteration` lies in; `windows.length` once warm-up is over. */
  readonly window: number;
  readonly targetAcceptProb: number;
  /** The step size of the next transition. */
  readonly stepSize: number;
  /** M⁻¹ of the next transition. */
  readonly inverseMassMatrix: InverseMassMatrix;
  /** Null when the step size is not adapted. */
  readonly dualAveraging: DualAveragingState | null;
  /** Moments of the draws of the current window; null when the mass matrix is not adapted. */
  readonly moments: WelfordState | null;
}

/** Warm-up before its first transition, with step size `stepSize`. */
export function startStanAdaptation(options: AdaptationOptions, stepSize: number): StanAdaptation {
  const { inverseMassMatrix } = options;
  const adaptsMetric = options.adaptMassMatrix && options.massMatrix !== 'identity';
  return {
    scheme: 'stan',
    iteration: 0,
    windows: adaptationWindows(options.numWarmup),
    window: 0,
    targetAcceptProb: options.targetAcceptProb,
    stepSize,
    inverseMassMatrix,
    dualAveraging: options.adaptStepSize ? startDualAveraging(stepSize) : null,
    moments: adaptsMetric ? startWelford(options.dimension, options.massMatrix === 'dense') : null,
  };
}

/** Whether there is nothing more to adapt. */
export function stanIsAdapted(state: StanAdaptation): boolean {
  return state.window >= state.windows.length;
}

/**
 * Learns from a transition of warm-up: that it led to `position`, with acceptance statistic `acceptProb`.
 *
 * When this makes a new `inverseMassMatrix`, the step size was tuned for the old one: find a reasonable one again and
 * go on from {@link restartStanStepSize}.
 */
export function adaptAsStan(state: StanAdaptation, position: ArrayLike<number>, acceptProb: number): StanAdaptation {
  const window = state.windows[state.window];
  if (window === undefined) return state;
  const learnt: StanAdaptation = {
    ...tuneStepSize(state, acceptProb),
    moments: state.moments && window.adaptsMetric ? addToWelford(state.moments, position) : state.moments,
  };
  return learnt.iteration === window.end ? closeWindow(learnt) : learnt;
}

/** `state` with dual averaging begun anew from `stepSize`, if the step size is adapted at all. */
export function restartStanStepSize(state: StanAdaptation, stepSize: number): StanAdaptation {
  return state.dualAveraging ? { ...state, stepSize, dualAveraging: startDualAveraging(stepSize) } : state;
}

/** The end of a window: a new mass matrix from its draws; at the end of the last one, the averaged step size. */
const closeWindow: (state: StanAdaptation) => StanAdaptation = produce((draft) => {
  const { moments } = draft;
  if (draft.windows[draft.window]?.adaptsMetric && moments) {
    draft.inverseMassMatrix = { kind: moments.dense ? 'dense' : 'diagonal', values: regularisedCovariance(moments) };
    draft.moments = castDraft(startWelford(moments.mean.length, moments.dense));
  }
  draft.window++;
  if (draft.window === draft.windows.length && draft.dualAveraging) {
    draft.stepSize = Math.exp(draft.dualAveraging.logMeanStepSize);
  }
});
