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

export interface Transition {
  readonly point: EvaluatedPoint;
  readonly info: TransitionInfo;
}

/** A Markov kernel that leaves a log density invariant, whatever the tuning. */
export interface TransitionKernel {
  /** The state at `position`. */
  init(position: ArrayLike<number>): EvaluatedPoint;

  /** The next state, a function of the state, the tuning and the stream alone. */
  step(from: EvaluatedPoint, tuning: Tuning, stream: RandomStream): Transition;
}
