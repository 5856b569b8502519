/** @file Nesterov's dual averaging, which tunes the step size to a target acceptance probability. */

/** The state of the algorithm, with the symbols of Hoffman and Gelman (2014), section 3.2. */
export interface DualAveragingState {
  /** μ, towards which log ε shrinks. */
  readonly shrinkagePoint: number;
  /** H̄, the weighted mean of δ - α over the steps so far. */
  readonly meanError: number;
  /** log ε, to explore with. */
  readonly logStepSize: number;
  /** log ε̄, the average to keep in the end. */
  readonly logMeanStepSize: number;
  /** t */
  readonly count: number;
}

// The values of Hoffman and Gelman (2014) and of Stan.
const STABILISATION = 10; // t₀
const DECAY = 0.75; // κ
const SHRINKAGE = 0.05; // γ

/** Begins anew from `stepSize`, with μ = log(10 ε): larger steps are cheaper, so they are tried first. */
export function startDualAveraging(stepSize: number): DualAveragingState {
  const logStepSize = Math.log(stepSize);
  return {
    shrinkagePoint: Math.LN10 + logStepSize,
    meanError: 0,
    logStepSize,
    logMeanStepSize: logStepSize,
    count: 0,
  };
}

/**
 * Learns from one transition that was made with step size exp(`logStepSize`).
 *
 * @param acceptProb - α, the acceptance statistic of the transition, in [0, 1].
 * @param target - δ, the value wanted for its mean.
 */
export function updateDualAveraging(state: DualAveragingState, acceptProb: number, target: number): DualAveragingState {
  const count = state.count + 1;
  const newest = 1 / (count + STABILISATION);
  const meanError = (1 - newest) * state.meanError + newest * (target - acceptProb);
  const logStepSize = state.shrinkagePoint - (Math.sqrt(count) / SHRINKAGE) * meanError;
  const weight = count ** -DECAY;
  const logMeanStepSize = weight * logStepSize + (1 - weight) * state.logMeanStepSize;
  return { shrinkagePoint: state.shrinkagePoint, meanError, logStepSize, logMeanStepSize, count };
}

/** What warm-up knows of the step size, whatever it does about the mass matrix. */
export interface StepSizeAdaptation {
  /** Transitions learnt from. */
  readonly iteration: number;
  /** The step size of the next transition. */
  readonly stepSize: number;
  /** Null when the step size is not adapted. */
  readonly dualAveraging: DualAveragingState | null;
  readonly targetAcceptProb: number;
}

/** `state` after one more transition, whose acceptance statistic was `acceptProb`. */
export function tuneStepSize<State extends StepSizeAdaptation>(state: State, acceptProb: number): State {
  const { dualAveraging: before, targetAcceptProb, stepSize, iteration } = state;
  const dualAveraging = before && updateDualAveraging(before, acceptProb, targetAcceptProb);
  return { ...state, iteration: iteration + 1, dualAveraging, stepSize: dualAveraging ? Math.exp(dualAveraging.logStepSize) : stepSize };
}
