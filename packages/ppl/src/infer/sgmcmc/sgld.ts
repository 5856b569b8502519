/** @file Stochastic gradient Langevin dynamics. */
import type { Optimizer } from '../../optim/optimizer.ts';
import { follow } from '../../optim/ruleOptimizer.ts';
import { checkOptions } from '../../util/options.ts';
import { checkPositive } from '../mcmc/checks.ts';
import { langevin } from './langevin.ts';
import type { PreconditionedSettings } from './preconditioned.ts';
import { preconditioned } from './preconditioned.ts';
import type { SgmcmcKernel, SgmcmcKernelOptions, SgmcmcKernelSettings } from './sgmcmcKernel.ts';
import { SGMCMC_KERNEL_OPTIONS, checkSgmcmcKernel } from './sgmcmcKernel.ts';
import type { StepSettings } from './stepSettings.ts';

export interface PreconditionerOptions {
  /** Decay of the running mean of the squared gradients; 0.99 by default. */
  readonly decay?: number;
  /** Added to the root of that mean, so that steps stay finite where gradients vanish; 1 by default. */
  readonly damping?: number;
}

export interface SgldOptions extends SgmcmcKernelOptions {
  /** Scales the steps of each coordinate by the size of its recent gradients (pSGLD); false, the default, for none. */
  readonly preconditioner?: boolean | PreconditionerOptions;
}

const WHERE = 'infer.SGLD';

/**
 * Stochastic gradient Langevin dynamics, for `SGMCMC`: value ← value + ε/2 ∇ log p + N(0, ε), where the gradient is that of a
 * mini-batch, scaled to all data. Nothing is accepted or refused: the smaller ε, the nearer the draws to the posterior, and the slower.
 *
 * Sources: Welling and Teh, "Bayesian learning via stochastic gradient Langevin dynamics" (ICML 2011); with a preconditioner, Li,
 * Chen, Carlson and Carin (AAAI 2016).
 *
 * @typeParam A - the model's arguments: those that a batch gives.
 */
export class SGLD<A extends unknown[] = never[]> implements SgmcmcKernel<A> {
  readonly name: string = WHERE;
  readonly model: (...args: A) => unknown;
  readonly settings: SgmcmcKernelSettings;
  readonly preconditioner: Pick<PreconditionedSettings, 'decay' | 'damping'> | null;

  /** @throws TypeError for options that are missing or unknown; RangeError for values out of range. */
  constructor(model: (...args: A) => unknown, options: SgldOptions) {
    this.model = model;
    this.settings = checkSgmcmcKernel(WHERE, model, options, [...SGMCMC_KERNEL_OPTIONS, 'preconditioner']);
    this.preconditioner = checkPreconditioner(options.preconditioner ?? false);
  }

  steps(at: StepSettings['at']): Optimizer {
    const { stepSize: lr, temperature } = this.settings;
    if (this.preconditioner === null) return follow(langevin(WHERE), { lr, temperature, at });
    return follow(preconditioned(WHERE), { lr, temperature, at, ...this.preconditioner });
  }
}

function checkPreconditioner(given: boolean | PreconditionerOptions): SGLD['preconditioner'] {
  if (given === false) return null;
  const where = `${WHERE}: preconditioner`;
  const options = given === true ? {} : given;
  checkOptions(where, options, ['decay', 'damping']);
  const { decay = 0.99, damping = 1 } = options;
  if (!(decay >= 0 && decay < 1)) throw new RangeError(`${where}: decay must be at least 0 and below 1, got ${decay}`);
  checkPositive(where, 'damping', damping);
  return { decay, damping };
}
