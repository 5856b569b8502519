/** @file What Pathfinder gives. */
import type { SampleArray } from '../mcmc/samples.ts';
import type { PathStopReason } from './lbfgs.ts';

/** One path, and the normal approximation that it led to. */
export interface PathfinderPath {
  /** The number of the path, from 0. */
  readonly path: number;
  /** The ELBO of its approximation, from `draws`: made anew, so that it is not the luckiest of many. */
  readonly elbo: number;
  /**
   * The estimates that the approximation was chosen by: at the initial point, which is chosen only where no other is finite, then
   * after each iteration.
   */
  readonly elboByIterate: Float64Array;
  /** The index in `elboByIterate` of the one chosen. */
  readonly bestIteration: number;
  /** Steps of L-BFGS. */
  readonly iterations: number;
  readonly stopReason: PathStopReason;
  /** Evaluations of log density and gradient on the way, those for ELBO and draws included. */
  readonly evaluations: number;
  /** The mean of its approximation, in unconstrained space. */
  readonly mean: Float64Array;
  /** Draws from its approximation in unconstrained space, of shape [numDraws, dimension]. */
  readonly draws: SampleArray;
}

/** A path that came to nothing. */
export interface PathfinderFailure {
  readonly path: number;
  readonly cause: unknown;
}

export interface PathfinderResult {
  /**
   * Draws of each site, of shape [numDraws, ...site shape], resampled from all paths' draws by their smoothed weights: draws
   * of equal weight, some of them several times.
   */
  readonly samples: Record<string, SampleArray>;
  /** The same draws in unconstrained space, of shape [numDraws, dimension]. */
  readonly unconstrained: SampleArray;
  /**
   * Logarithms of the weights of all paths' draws, those of `paths[0]` first: smoothed, and normalised so that the weights
   * sum to 1.
   */
  readonly logWeights: Float64Array;
  /** The Pareto k̂ of the weights: above 0.7, do not trust the samples. */
  readonly k: number;
  /** The greatest ELBO of a path: a lower bound of the log evidence, up to the constant the log density lacks. */
  readonly elbo: number;
  /** By ELBO, the best first; without those that failed. */
  readonly paths: readonly PathfinderPath[];
  readonly failures: readonly PathfinderFailure[];
  /** Reasons not to trust the result, each with a cure; empty for a good one. */
  readonly warnings: readonly string[];
}
