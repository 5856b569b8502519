/** @file What a Markov transition takes and gives, whichever the kernel. */
import type { RandomStream } from '../../random/stream.ts';
import type { EvaluatedPoint } from './logDensity.ts';
import type { Metric } from './metric.ts';

/** What warm-up tunes, and what stays fixed afterwards. */
export interface Tuning {
  readonly stepSize: number;
  readonly metric: Metric;
}

/** What there is to know of one transition, besides where it led. */
export interface TransitionInfo {
  /** The acceptance statistic: mean Metropolis probability along the trajectory (NUTS), or at its end (HMC). */
  readonly acceptProb: number;
  /** H at the point that was chosen, with the momentum it had there. */
  readonly energy: number;
  /** Whether the energy error passed 1000, or the density was not finite. */
  readonly divergent: boolean;
  /** Doublings of the trajectory that were accepted (NUTS); 0 for HMC. */
  readonly treeDepth: number;
  /** Gradient evaluations. */
  readonly numLeapfrog: number;
}

/** A Markov kernel that leaves a log density invariant, whatever the tuning. */
export interface TransitionKernel {
  /** The state at `position`. */
  init(position: ArrayLike<number>): EvaluatedPoint;

  /**
   * Writes the state after `from` to `to`, another point: a function of `from`, `tuning` and `stream` alone. (Returning
   * new arrays would cost as much as several leapfrog steps of a small model.)
   */
  step(from: EvaluatedPoint, tuning: Tuning, stream: RandomStream, to: EvaluatedPoint): TransitionInfo;
}
