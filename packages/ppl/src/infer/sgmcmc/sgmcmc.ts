/** @file The class `SGMCMC`: chains driven by the gradients of mini-batches. */
import { globalStream } from '../../random/global.ts';
import { RandomStream } from '../../random/stream.ts';
import { currentStack } from '../../runtime/stack.ts';
import { progressSink } from '../../util/progress.ts';
import type { ChainGrouping } from '../mcmc/drawnChains.ts';
import { DrawnChains } from '../mcmc/drawnChains.ts';
import { describeDraws } from '../mcmc/problems.ts';
import type { SampleArray } from '../mcmc/samples.ts';
import type { Summary } from '../mcmc/summary.ts';
import type { StepStats } from '../svi/compiled/stepEngine.ts';
import type { SgmcmcDiagnostics } from './chainRecord.ts';
import type { SgmcmcChainState, SgmcmcCheckpoint } from './checkpoint.ts';
import { checkSgmcmcCheckpoint, stepCounts } from './checkpoint.ts';
import type { StepPlan } from './schedule.ts';
import { stepPlan } from './schedule.ts';
import type { SgmcmcKernel } from './sgmcmcKernel.ts';
import { isSgmcmcKernel } from './sgmcmcKernel.ts';
import type { SgmcmcData, SgmcmcOptions, SgmcmcSettings } from './sgmcmcOptions.ts';
import { checkSgmcmcData, checkSgmcmcOptions } from './sgmcmcOptions.ts';
import { SgmcmcRun } from './sgmcmcRun.ts';

const WHERE = 'infer.SGMCMC';

/**
 * Markov chain Monte Carlo by stochastic gradients: for models with too many data, or too many weights, for NUTS. A step costs what one of
 * training does and is compiled like one; what it takes for that is exactness: draws are those of the posterior but for an error that
 * grows with the step size and with the noise of gradients.
 *
 * The model's log-likelihood must be scaled up from a batch to all data: by a plate that subsamples, `handlers.scale`, or a likelihood
 * with `datasetSize`. Chain c draws its random numbers from child c of the run's stream, so its draws depend on the seed alone.
 *
 * Sources: Ma, Chen and Fox, "A complete recipe for stochastic gradient MCMC" (NeurIPS 2015); see `SGLD` and `SGHMC`.
 *
 * @typeParam A - the model's arguments.
 *
 * @example
 * ```ts
 * const sgmcmc = new infer.SGMCMC(new infer.SGLD(model, { stepSize: 1e-4 }), { numSamples: 5000, thinning: 10, seed: 1 });
 * await sgmcmc.run({ batches: () => batchesOf(data) });
 * console.log(infer.formatSummary(sgmcmc.summary()));
 * ```
 */
export class SGMCMC<A extends unknown[] = never[]> {
  readonly kernel: SgmcmcKernel<A>;
  private readonly settings: SgmcmcSettings;
  private readonly plan: StepPlan;
  private running = false;
  private latest: SgmcmcRun<A> | null = null;
  private draws: DrawnChains | null = null;

  /** @throws TypeError for unknown options or what is no kernel; RangeError for values out of range. */
  constructor(kernel: SgmcmcKernel<A>, options: SgmcmcOptions) {
    if (!isSgmcmcKernel(kernel)) {
      throw new TypeError(`${WHERE}: takes a kernel first, as in new infer.SGMCMC(new infer.SGLD(model, { stepSize }), options); NUTS and HMC are for infer.MCMC`);
    }
    this.kernel = kernel;
    this.settings = checkSgmcmcOptions(options);
    const { numSamples, numBurnIn, thinning } = this.settings;
    this.plan = stepPlan(WHERE, kernel.settings.schedule, { numSamples, numBurnIn, thinning });
  }

  /** How steps of the latest run were run: compiled or eagerly; null before the first. */
  get stats(): StepStats | null {
    return this.latest?.stats ?? null;
  }

  /**
   * Draws from the posterior of the kernel's model, under the handlers in force at the call. A second run replaces the first.
   *
   * @throws InitialPointError when a chain finds nowhere to begin; SiteError for a model without gradients; Error when the density or its
   * gradient stops being finite; the signal's reason when aborted; what callbacks and batches throw. Chains that are complete by then stay.
   */
  async run(data: SgmcmcData<A> = {}): Promise<void> {
    const { seed } = this.settings;
    await this.execute(data, seed === undefined ? globalStream().split() : RandomStream.fromSeed(seed), []);
  }

  /**
   * Goes on from `checkpoint` exactly as if the run had not been interrupted; kernel, options and data must be those of that run, and
   * batches must begin where they began then: those of the steps done are passed over. `numChains` may be larger than it was, and
   * without cycles `numSamples`: this draws more.
   *
   * @throws TypeError or RangeError for what is no checkpoint of such a run; also what {@link run} throws.
   */
  async resume(checkpoint: SgmcmcCheckpoint, data: SgmcmcData<A> = {}): Promise<void> {
    const { kernel, plan } = this;
    const { numSamples, numChains, thinning, keepSamples } = this.settings;
    const counts = stepCounts(kernel.settings.schedule, { numSamples, numBurnIn: plan.numBurnIn, thinning });
    checkSgmcmcCheckpoint(checkpoint, { kernel: kernel.name, counts, plan, numChains, keepSamples });
    await this.execute(data, RandomStream.fromState(checkpoint.stream), checkpoint.chains);
  }

  /**
   * The latest run as it stands, to keep and to {@link resume}: between, after, and also during awaits of `run`.
   *
   * @throws Error when nothing has been run.
   */
  async checkpoint(): Promise<SgmcmcCheckpoint> {
    if (this.latest === null) throw new Error(`${WHERE}: nothing to checkpoint yet: call run() first`);
    return this.latest.checkpoint();
  }

  /**
   * The draws of each latent site: `data` row-major of `shape` [draw, ...site shape], chain after chain, or with `groupByChain` [chain,
   * draw, ...site shape]. The arrays are the sampler's own: copy them before writing to them. Deterministic sites may depend on
   * the batch and are not among them; `infer.Predictive` has them.
   *
   * @throws Error when no chain is complete, or draws were not kept.
   */
  getSamples(options: ChainGrouping = {}): Record<string, SampleArray> {
    return this.drawn().samples(options);
  }

  /** Mean, spread, quantiles and convergence of each scalar. @throws Error when no chain is complete, or draws were not kept. */
  summary(): Summary {
    return this.drawn().summary();
  }

  /** How each chain went that is complete. @throws Error when none is. */
  diagnostics(): SgmcmcDiagnostics[] {
    const chains = this.complete();
    if (chains.length === 0) throw this.noChains();
    return chains.map(({ diagnostics }) => diagnostics);
  }

  /**
   * Reasons not to trust the run, each with a cure; empty for a good one. None of them sees the error of large steps: that shows
   * when draws change as the step size is halved.
   *
   * @throws Error when no chain is complete, or draws were not kept.
   */
  warnings(): string[] {
    const { numChains } = this.drawn();
    return describeDraws(this.summary(), numChains);
  }

  private async execute(data: SgmcmcData<A>, stream: RandomStream, resumed: readonly SgmcmcChainState[]): Promise<void> {
    checkSgmcmcData(WHERE, data);
    if (this.running) throw new Error(`${WHERE}: already running; await the first run, or use a second SGMCMC`);
    const { kernel, settings, plan } = this;
    const run = new SgmcmcRun({ kernel, settings, plan, stream, stack: currentStack() });
    const sink = progressSink({ progressBar: settings.progressBar });
    this.running = true;
    this.latest = run;
    this.draws = null;
    try {
      await run.run(data, resumed, sink);
    } finally {
      sink.finish();
      this.running = false;
      const chains = this.complete();
      if (chains.length > 0) this.draws = new DrawnChains(run.store.ofChains(chains.map(({ index }) => index)), chains.length, plan.numDraws);
    }
  }

  private complete(): SgmcmcRun<A>['chains'] {
    return (this.running ? [] : (this.latest?.chains ?? [])).filter(({ step }) => step === this.plan.numSteps);
  }

  private drawn(): DrawnChains {
    if (!this.settings.keepSamples) throw new Error(`${WHERE}: draws were not kept: keepSamples is false, and onSample has seen them`);
    if (this.draws === null) throw this.noChains();
    return this.draws;
  }

  private noChains(): Error {
    return new Error(`${WHERE}: no finished run: ${this.latest === null ? 'call and await run() first' : 'await run(), or resume() from checkpoint()'}`);
  }
}
