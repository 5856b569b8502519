/** @file The No-U-Turn Sampler. */
import { checkInteger } from './checks.ts';
import { copyPoint } from './hamiltonian.ts';
import type { TransitionKernel } from './kernel.ts';
import {
  checkKernelOptions,
  KERNEL_OPTIONS,
  type KernelOptions,
  type KernelSettings,
  type McmcKernel,
} from './kernelOptions.ts';
import { evaluateAt, type LogDensity } from './logDensity.ts';
import type { Model } from './target.ts';
import { DynamicTrajectory } from './trajectory.ts';

export interface NutsOptions extends KernelOptions {
  /** At most 2^maxTreeDepth - 1 leapfrog steps a transition; default 10. */
  readonly maxTreeDepth?: number;
}

/** The transitions of NUTS over `density`: a fresh momentum, a trajectory, a point of it. */
export function nutsTransitions(density: LogDensity, maxTreeDepth: number): TransitionKernel {
  const trajectory = new DynamicTrajectory(density, maxTreeDepth);
  const { start } = trajectory;
  return {
    init: (position) => evaluateAt(density, position),
    step: (from, tuning, stream, to) => {
      copyPoint(from, start);
      tuning.metric.sampleMomentum(stream, start.momentum);
      tuning.metric.velocity(start.momentum, start.velocity);
      return trajectory.sample(tuning, stream, to);
    },
  };
}

/**
 * The No-U-Turn Sampler, for `MCMC`: multinomial sampling along trajectories that stop by themselves, with the criterion of
 * Stan, and warm-up from draws and gradients.
 *
 * Sources: Hoffman and Gelman (JMLR 2014); Betancourt (arXiv 1701.02434, 2017).
 *
 * @example
 * ```ts
 * const mcmc = new infer.MCMC(new infer.NUTS(model), { numSamples: 1000 });
 * await mcmc.run(data);
 * ```
 */
export class NUTS implements McmcKernel {
  readonly name: string = 'infer.NUTS';
  readonly target: Model | LogDensity;
  readonly settings: KernelSettings;
  readonly maxTreeDepth: number;

  /**
   * @param target - a model, or any log density.
   * @throws TypeError for unknown options; RangeError for values out of range.
   */
  constructor(target: Model | LogDensity, options: NutsOptions = {}) {
    const where = 'infer.NUTS';
    this.target = target;
    this.settings = checkKernelOptions(where, options, [...KERNEL_OPTIONS, 'maxTreeDepth']);
    this.maxTreeDepth = options.maxTreeDepth ?? 10;
    checkInteger(where, 'maxTreeDepth', this.maxTreeDepth, 1);
  }

  bind(density: LogDensity): TransitionKernel {
    return nutsTransitions(density, this.maxTreeDepth);
  }
}
