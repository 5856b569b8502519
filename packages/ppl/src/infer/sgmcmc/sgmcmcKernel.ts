/** @file What samplers by stochastic gradients are made of, and the options that they share. */
import type { Optimizer } from '../../optim/optimizer.ts';
import { checkOptions } from '../../util/options.ts';
import { checkPositive } from '../mcmc/checks.ts';
import { checkEngine } from '../mcmc/model/engine.ts';
import type { Engine } from '../mcmc/target.ts';
import type { StepSchedule } from './schedule.ts';
import { checkSchedule } from './schedule.ts';
import type { StepSettings } from './stepSettings.ts';

export interface SgmcmcKernelOptions {
  /**
   * The step size ε. Where a network was trained well at a learning rate ℓ for the mean loss of N data, 2 ℓ / N is about the
   * greatest that will do.
   */
  readonly stepSize: number;
  /** How step sizes change; `'constant'` by default. */
  readonly schedule?: StepSchedule;
  /** T: draws are those of p^(1/T), where p is the posterior; 1 by default. Below 1 the posterior is "cold". */
  readonly temperature?: number;
  /** Whether steps are compiled, once for each shape of the arguments; `'auto'`, the default, where that can be done. */
  readonly engine?: Engine;
}

/** {@link SgmcmcKernelOptions}, checked and complete. */
export type SgmcmcKernelSettings = Required<SgmcmcKernelOptions>;

/** Names of {@link SgmcmcKernelOptions}, for checks. */
export const SGMCMC_KERNEL_OPTIONS: readonly string[] = ['stepSize', 'schedule', 'temperature', 'engine'];

/** What `SGMCMC` asks of `SGLD` and `SGHMC`: a model, and steps along the gradient of its potential energy. */
export interface SgmcmcKernel<A extends unknown[] = never[]> {
  /** As users call it: `infer.SGLD`. */
  readonly name: string;
  /** Its log-likelihood is scaled up from the batch that its arguments are to all data. */
  readonly model: (...args: A) => unknown;
  readonly settings: SgmcmcKernelSettings;
  /** The steps of a chain, as an optimiser of the potential energy that adds noise. @param at - what the schedule says. */
  steps(at: StepSettings['at']): Optimizer;
}

/** @throws TypeError or RangeError that says which option is wrong, and how. */
export function checkSgmcmcKernel(where: string, model: unknown, options: SgmcmcKernelOptions | undefined, allowed: readonly string[]): SgmcmcKernelSettings {
  if (typeof model !== 'function') throw new TypeError(`${where}: takes a model, which is a function, got ${typeof model}`);
  if (options === undefined) throw new TypeError(`${where}: needs options, of which stepSize must be given: new ${where}(model, { stepSize: 1e-4 })`);
  checkOptions(where, options, allowed);
  const { stepSize, schedule = 'constant', temperature = 1, engine = 'auto' } = options;
  checkPositive(where, 'stepSize', stepSize);
  checkPositive(where, 'temperature', temperature);
  checkEngine(where, engine);
  checkSchedule(schedule);
  return { stepSize, schedule, temperature, engine };
}

/** Whether it is a kernel for `SGMCMC`. */
export function isSgmcmcKernel(kernel: unknown): kernel is SgmcmcKernel {
  // A model, being a function, is none.
  return typeof kernel === 'object' && kernel !== null && typeof (kernel as Partial<SgmcmcKernel>).steps === 'function';
}
