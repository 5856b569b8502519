/** @file Hamiltonian Monte Carlo with trajectories of fixed length. */
import { checkInteger, checkPositive } from './checks.ts';
import { copyPoint, createPhasePoint } from './hamiltonian.ts';
import type { TransitionKernel } from './kernel.ts';
import {
  checkKernelOptions,
  KERNEL_OPTIONS,
  type KernelOptions,
  type KernelSettings,
  type McmcKernel,
} from './kernelOptions.ts';
import { evaluateAt, type LogDensity } from './logDensity.ts';
import { StaticTrajectory } from './staticTrajectory.ts';
import type { Model } from './target.ts';

export interface HmcOptions extends KernelOptions {
  /** Leapfrog steps a transition. Give this or `trajectoryLength`, not both. */
  readonly numSteps?: number;
  /**
   * Step size times number of steps; default π/2. The number of steps follows the step size, up to 1024. Once warm-up knows
   * the scales of a posterior that is nearly Gaussian, π/2 is a quarter turn, whose end does not depend on its start; Pyro's
   * default of 2π is a full turn, which ends where it began.
   */
  readonly trajectoryLength?: number;
}

/** How long a trajectory is: a number of steps, or a time. */
export type TrajectoryLength = { readonly numSteps: number } | { readonly trajectoryLength: number };

/** As many as in a NUTS tree of depth 10: an early step size that is far too small must not stall the chain. */
const MAX_STEPS = 1024;

/** How many leapfrog steps of size `stepSize` a trajectory has: at least one, and 1024 at most when given as a time. */
export function numLeapfrogSteps(length: TrajectoryLength, stepSize: number): number {
  if ('numSteps' in length) return length.numSteps;
  return Math.min(MAX_STEPS, Math.max(1, Math.floor(length.trajectoryLength / stepSize)));
}

/** The transitions of HMC over `density`: a fresh momentum, a trajectory, its end accepted or not. */
export function hmcTransitions(density: LogDensity, length: TrajectoryLength): TransitionKernel {
  const start = createPhasePoint(density.dimension);
  const trajectory = new StaticTrajectory(density);
  return {
    init: (position) => evaluateAt(density, position),
    step: (from, tuning, stream, to) => {
      copyPoint(from, start);
      tuning.metric.sampleMomentum(stream, start.momentum);
      tuning.metric.velocity(start.momentum, start.velocity);
      return trajectory.sample(start, numLeapfrogSteps(length, tuning.stepSize), tuning, stream, to);
    },
  };
}

/**
 * Hamiltonian Monte Carlo, for `MCMC`. NUTS is nearly always the better choice; HMC is the one whose cost a transition
 * is known beforehand.
 *
 * Source: Neal, "MCMC using Hamiltonian dynamics" (2011).
 */
export class HMC implements McmcKernel {
  readonly name: string = 'infer.HMC';
  readonly target: Model | LogDensity;
  readonly settings: KernelSettings;
  readonly length: TrajectoryLength;

  /**
   * @param target - a model, or any log density.
   * @throws TypeError for unknown options, or for both `numSteps` and `trajectoryLength`; RangeError for values out of
   *   range.
   */
  constructor(target: Model | LogDensity, options: HmcOptions = {}) {
    const where = 'infer.HMC';
    this.target = target;
    this.settings = checkKernelOptions(where, options, [...KERNEL_OPTIONS, 'numSteps', 'trajectoryLength']);
    const { numSteps, trajectoryLength = Math.PI / 2 } = options;
    if (numSteps === undefined) {
      checkPositive(where, 'trajectoryLength', trajectoryLength);
      this.length = { trajectoryLength };
    } else {
      if (options.trajectoryLength !== undefined) {
        throw new TypeError(`${where}: give numSteps or trajectoryLength, not both`);
      }
      checkInteger(where, 'numSteps', numSteps, 1);
      this.length = { numSteps };
    }
  }

  bind(density: LogDensity): TransitionKernel {
    return hmcTransitions(density, this.length);
  }
}
