/** @file Stochastic gradient Hamiltonian Monte Carlo. */
import type { Optimizer } from '../../optim/optimizer.ts';
import { follow } from '../../optim/ruleOptimizer.ts';
import { langevin } from './langevin.ts';
import type { SgmcmcKernel, SgmcmcKernelOptions, SgmcmcKernelSettings } from './sgmcmcKernel.ts';
import { SGMCMC_KERNEL_OPTIONS, checkSgmcmcKernel } from './sgmcmcKernel.ts';
import type { StepSettings } from './stepSettings.ts';

export interface SghmcOptions extends SgmcmcKernelOptions {
  /** The share of the momentum that is lost in a step, α: 1 minus the momentum of SGD; 0.1 by default. With 1 this is SGLD. */
  readonly friction?: number;
  /**
   * An estimate V̂ of the variance of an element of the stochastic gradient: so much less noise is added. 0, the default, for
   * steps so small that the noise of gradients is small beside that which is added.
   */
  readonly gradientVariance?: number;
}

const WHERE = 'infer.SGHMC';

/**
 * Stochastic gradient Hamiltonian Monte Carlo, for `SGMCMC`: m ← (1 - α) m + ε/2 ∇ log p + N(0, α ε), value ← value + m, where the
 * gradient is that of a mini-batch, scaled to all data. Momentum carries chains farther than SGLD's random walk; as there, nothing is
 * accepted or refused.
 *
 * Source: Chen, Fox and Guestrin, "Stochastic gradient Hamiltonian Monte Carlo" (ICML 2014), equation 15 with η = ε/2.
 *
 * @typeParam A - the model's arguments: those that a batch gives.
 *
 * @example
 * ```ts
 * const kernel = new infer.SGHMC(model, { stepSize: 1e-5, schedule: { numCycles: 4 } });
 * const sgmcmc = new infer.SGMCMC(kernel, { numSamples: 400, thinning: 10, seed: 1 });
 * await sgmcmc.run({ batches });
 * ```
 */
export class SGHMC<A extends unknown[] = never[]> implements SgmcmcKernel<A> {
  readonly name: string = WHERE;
  readonly model: (...args: A) => unknown;
  readonly settings: SgmcmcKernelSettings;
  readonly friction: number;
  readonly gradientVariance: number;

  /** @throws TypeError for options that are missing or unknown; RangeError for values out of range. */
  constructor(model: (...args: A) => unknown, options: SghmcOptions) {
    this.model = model;
    this.settings = checkSgmcmcKernel(WHERE, model, options, [...SGMCMC_KERNEL_OPTIONS, 'friction', 'gradientVariance']);
    const { friction = 0.1, gradientVariance = 0 } = options;
    if (!(friction > 0 && friction <= 1)) throw new RangeError(`${WHERE}: friction must be above 0 and at most 1, got ${friction}`);
    checkGradientVariance(gradientVariance, friction, this.settings);
    this.friction = friction;
    this.gradientVariance = gradientVariance;
  }

  steps(at: StepSettings['at']): Optimizer {
    const { friction, gradientVariance } = this;
    const { stepSize: lr, temperature } = this.settings;
    return follow(langevin(WHERE), { lr, temperature, at, friction, gradientVariance });
  }
}

/** The noise of the gradient must not be more than all the noise that there is to be. */
function checkGradientVariance(variance: number, friction: number, { stepSize, temperature }: SgmcmcKernelSettings): void {
  const most = (4 * friction * temperature) / stepSize;
  if (variance >= 0 && variance <= most) return;
  if (!(variance > most)) throw new RangeError(`${WHERE}: gradientVariance must be at least 0, got ${variance}`);
  throw new RangeError(
    `${WHERE}: gradientVariance is ${variance}, but with this step size and friction the noise of gradients may have a variance of ` +
      `${most} at most: take smaller steps, more friction or larger batches`,
  );
}
