/** @file What an optimiser is to those who use one. */
import type { Variable } from '@tensorflow/tfjs-core';

/** One parameter's numbers and their slopes, in row-major order and unconstrained. */
export interface ParameterGradient {
  readonly name: string;
  /** Whose numbers they are: a variable made anew under an old name starts with fresh state. */
  readonly variable: Pick<Variable, 'isDisposed'>;
  /** Overwritten by {@link Optimizer.step}. */
  readonly value: Float32Array;
  readonly gradient: Float32Array;
}

/** What an optimiser remembers of one parameter. */
export interface ParameterState {
  /** Number of updates so far. */
  readonly updates: number;
  /** Running averages, such as Adam's two moments, each as long as the parameter. */
  readonly moments: readonly Float32Array[];
}

/** Everything that an optimiser remembers: plain data. */
export interface OptimizerState {
  /** Number of steps so far. */
  readonly steps: number;
  /** By name of the parameter. */
  readonly parameters: Readonly<Record<string, ParameterState>>;
}

/** Moves parameters down gradients. Made by `optim.adam` and its like; own ones need only fulfil this. */
export interface Optimizer {
  /**
   * Writes the next value of each parameter over the present one.
   *
   * @param rate - multiplies the learning rate in this step; 1 by default.
   */
  step(parameters: readonly ParameterGradient[], rate?: number): void;
  getState(): OptimizerState;
  /** Goes on from `state`, forgetting all else. */
  setState(state: OptimizerState): void;
}
