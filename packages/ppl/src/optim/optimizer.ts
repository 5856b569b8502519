/** @file What an optimiser is to those who use one. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../random/stream.ts';

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

/** What a layer around an optimiser, such as `optim.schedule`, remembers: finite numbers by name. */
export interface LayerState {
  /** As users call it: `optim.schedule`. */
  readonly name: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Everything that an optimiser remembers: plain data, which a file can hold. */
export interface OptimizerState {
  /** Whose state this is, as users call it: `optim.adam`. */
  readonly optimizer: string;
  /** Number of steps so far. */
  readonly steps: number;
  /** By name of the parameter. */
  readonly parameters: Readonly<Record<string, ParameterState>>;
  /** Of the layers around the optimiser that remember anything, the innermost first; absent if there are none. */
  readonly layers?: readonly LayerState[];
}

/** Moves parameters down gradients. Made by `optim.adam` and its like; own ones need only `step` and the state. */
export interface Optimizer {
  /**
   * Writes the next value of each parameter over the present one. A step that throws has changed nothing.
   *
   * @param rate - multiplies the learning rate in this step; 1 by default.
   * @param stream - for updates that are random: what this step draws from.
   */
  step(parameters: readonly ParameterGradient[], rate?: number, stream?: RandomStream): void;
  /** Hears of the loss that a step began with, after that step: what `optim.reduceOnPlateau` goes by. */
  observe?(loss: number): void;
  /**
   * Hands the updates of `parameters` over to a program that does whole steps by itself, and lends it the moments. Absent
   * where that is impossible.
   *
   * @param onReclaim - called when the optimiser wants the moments back, because it is asked for its state, a step, or
   * another program: it must write them over the arrays of {@link FusedUpdate.moments}. After that the update is over.
   */
  fuse?(parameters: readonly FusedParameter[], onReclaim: () => void): FusedUpdate;
  /** A copy of all that is remembered. */
  getState(): OptimizerState;
  /**
   * Goes on from `state`, forgetting all else.
   *
   * @throws Error when it is the state of an optimiser of another kind; this one is unchanged then.
   */
  setState(state: OptimizerState): void;
}

/** A parameter whose updates a program is to do. */
export interface FusedParameter {
  readonly name: string;
  /** Whose numbers they are, as in {@link ParameterGradient}. */
  readonly variable: Pick<Variable, 'isDisposed'>;
  /** How many numbers it has. */
  readonly size: number;
}

/** A parameter inside of a program, all of its tensors of one shape. */
export interface FusedGradient {
  readonly value: Tensor;
  readonly gradient: Tensor;
  readonly moments: readonly Tensor[];
}

/** What becomes of a parameter in one update. */
export interface FusedNext {
  readonly value: Tensor;
  readonly moments: readonly Tensor[];
}

/**
 * The updates of some parameters as part of a program: `next` once, while it is traced, and for every step `scalars` before
 * and `advance` after it. All but `moments` throw once the optimiser has reclaimed the moments.
 */
export interface FusedUpdate {
  /** By parameter, what is remembered now: where the program's moments begin, and where its owner writes them back. */
  readonly moments: readonly (readonly Float32Array[])[];
  /** How many numbers a step needs. */
  readonly numScalars: number;
  /**
   * Writes the numbers that the coming step needs, such as learning rates and bias corrections, computed in float64.
   *
   * @param rate - multiplies the learning rate in this step; 1 by default.
   */
  scalars(out: Float32Array | Float64Array, rate?: number): void;
  /**
   * The updates as tensor expressions, to be called in a `tidy`.
   *
   * @param parameters - in the order in which they were fused.
   * @param scalars - what {@link scalars} wrote, of shape [numScalars].
   * @param stream - for updates that are random: what the step that is traced draws from.
   */
  next(parameters: readonly FusedGradient[], scalars: Tensor, stream?: RandomStream): readonly FusedNext[];
  /** Counts a step that the program has done. */
  advance(): void;
}
