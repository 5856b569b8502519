/** @file The state of warm-up: the step size and mass matrix in force, and what has been learnt towards the next. */
import { castDraft, produce } from 'immer';
import { startDualAveraging, updateDualAveraging, type DualAveragingState } from './dualAveraging.ts';
import type { InverseMassMatrix } from './metric.ts';
import { addToWelford, regularisedCovariance, startWelford, type WelfordState } from './welford.ts';
import { adaptationWindows, type AdaptationWindow } from './windows.ts';

/** Plain data, never changed in place; after the last window it stays as it is for good. */
export interface AdaptationState {
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

/** What warm-up starts from. */
export interface AdaptationOptions {
  readonly dimension: number;
  readonly numWarmup: number;
  readonly targetAcceptProb: number;
  readonly inverseMassMatrix: InverseMassMatrix;
  readonly adaptStepSize: boolean;
  readonly adaptMassMatrix: boolean;
}

/** Warm-up before its first transition, with step size `stepSize`. */
export function startAdaptation(options: AdaptationOptions, stepSize: number): AdaptationState {
  const { inverseMassMatrix } = options;
  const adaptsMetric = options.adaptMassMatrix && inverseMassMatrix.kind !== 'identity';
  return {
    iteration: 0,
    windows: adaptationWindows(options.numWarmup),
    window: 0,
    targetAcceptProb: options.targetAcceptProb,
    stepSize,
    inverseMassMatrix,
    dualAveraging: options.adaptStepSize ? startDualAveraging(stepSize) : null,
    moments: adaptsMetric ? startWelford(options.dimension, inverseMassMatrix.kind === 'dense') : null,
  };
}

/** Whether there is nothing more to adapt. */
export function isAdapted(state: AdaptationState): boolean {
  return state.window >= state.windows.length;
}

/**
 * Learns from a transition of warm-up: that it led to `position`, with acceptance statistic `acceptProb`.
 *
 * When this makes a new `inverseMassMatrix`, the step size was tuned for the old one: find a reasonable one again and
 * go on from {@link restartStepSize}.
 */
export function adapt(state: AdaptationState, position: ArrayLike<number>, acceptProb: number): AdaptationState {
  const window = state.windows[state.window];
  if (window === undefined) return state;
  const dualAveraging =
    state.dualAveraging && updateDualAveraging(state.dualAveraging, acceptProb, state.targetAcceptProb);
  const learnt: AdaptationState = {
    ...state,
    iteration: state.iteration + 1,
    stepSize: dualAveraging ? Math.exp(dualAveraging.logStepSize) : state.stepSize,
    dualAveraging,
    moments: state.moments && window.adaptsMetric ? addToWelford(state.moments, position) : state.moments,
  };
  return learnt.iteration === window.end ? closeWindow(learnt) : learnt;
}

/** `state` with dual averaging begun anew from `stepSize`, if the step size is adapted at all. */
export function restartStepSize(state: AdaptationState, stepSize: number): AdaptationState {
  return state.dualAveraging ? { ...state, stepSize, dualAveraging: startDualAveraging(stepSize) } : state;
}

/** The end of a window: a new mass matrix from its draws; at the end of the last one, the averaged step size. */
const closeWindow: (state: AdaptationState) => AdaptationState = produce((draft) => {
  const { moments, inverseMassMatrix } = draft;
  if (draft.windows[draft.window]?.adaptsMetric && moments && inverseMassMatrix.kind !== 'identity') {
    inverseMassMatrix.values = regularisedCovariance(moments);
    draft.moments = castDraft(startWelford(moments.mean.length, moments.dense));
  }
  draft.window++;
  if (draft.window === draft.windows.length && draft.dualAveraging) {
    draft.stepSize = Math.exp(draft.dualAveraging.logMeanStepSize);
  }
});
