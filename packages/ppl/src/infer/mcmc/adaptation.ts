/** @file Warm-up: the step size and mass matrix in force, and what has been learnt towards the next. */
import { adaptByGradients, gradientIsAdapted, startGradientAdaptation, type GradientAdaptation } from './gradientAdaptation.ts';
import type { EvaluatedPoint } from './logDensity.ts';
import type { InverseMassMatrix } from './metric.ts';
import { adaptAsStan, restartStanStepSize, stanIsAdapted, startStanAdaptation, type StanAdaptation } from './stanAdaptation.ts';

/** Plain data for JSON, never changed in place; once warm-up is over, it stays as it is for good. */
export type AdaptationState = StanAdaptation | GradientAdaptation;

/** What warm-up starts from. */
export interface AdaptationOptions {
  readonly dimension: number;
  readonly numWarmup: number;
  readonly targetAcceptProb: number;
  /** How to learn the mass matrix, */
  readonly adaptation: AdaptationState['scheme'];
  /** the form that it is to have, */
  readonly massMatrix: 'auto' | 'diagonal' | 'dense' | 'identity';
  /** and the one to begin with. */
  readonly inverseMassMatrix: InverseMassMatrix;
  readonly adaptStepSize: boolean;
  readonly adaptMassMatrix: boolean;
}

/** Warm-up before its first transition, with step size `stepSize`. */
export function startAdaptation(options: AdaptationOptions, stepSize: number): AdaptationState {
  return options.adaptation === 'stan' ? startStanAdaptation(options, stepSize) : startGradientAdaptation(options, stepSize);
}

/** Whether there is nothing more to adapt. */
export function isAdapted(state: AdaptationState): boolean {
  return state.scheme === 'stan' ? stanIsAdapted(state) : gradientIsAdapted(state);
}

/**
 * Learns from a transition of warm-up: that it led to `point`, with acceptance statistic `acceptProb`.
 *
 * When {@link losesStepSize} says so of the states before and after, find a reasonable step size for the new mass matrix
 * and go on from {@link restartStepSize}.
 */
export function adapt(state: AdaptationState, point: EvaluatedPoint, acceptProb: number): AdaptationState {
  return state.scheme === 'stan'
    ? adaptAsStan(state, point.position, acceptProb)
    : adaptByGradients(state, point, acceptProb);
}

/** Whether the step size was tuned for a mass matrix that is no more. The gradients' scheme tunes it as it goes. */
export function losesStepSize(before: AdaptationState, after: AdaptationState): boolean {
  return after.scheme === 'stan' && after.dualAveraging !== null && after.inverseMassMatrix !== before.inverseMassMatrix;
}

/** `state` with dual averaging begun anew from `stepSize`, if the step size is adapted at all. */
export function restartStepSize(state: AdaptationState, stepSize: number): AdaptationState {
  return state.scheme === 'stan' ? restartStanStepSize(state, stepSize) : state;
}
