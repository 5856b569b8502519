/** @file The class `MCMC`: chains from a kernel, and what they say of the posterior. */
import { globalStream } from '../../random/global.ts';
import { RandomStream } from '../../random/stream.ts';
import { progressSink } from '../../util/progress.ts';
import { diagnoseChain, type ChainDiagnostics } from './chainDiagnostics.ts';
import { ChainError } from './chainError.ts';
import type { ChainRun } from './chainRun.ts';
import { checkCheckpoint, type ChainCheckpoint, type McmcCheckpoint } from './checkpoint.ts';
import { DrawnChains, type ChainGrouping } from './drawnChains.ts';
import type { DrawStatistic } from './draws.ts';
import type { McmcKernel } from './kernelOptions.ts';
import { checkMcmcOptions, type McmcOptions, type McmcSettings } from './mcmcOptions.ts';
import { McmcRun } from './mcmcRun.ts';
import { NUTS } from './nuts.ts';
import { describeProblems } from './problems.ts';
import type { SampleArray } from './samples.ts';
import type { Summary } from './summary.ts';
import { resolveTarget, type Target } from './target.ts';

interface Results {
  readonly draws: DrawnChains;
  readonly chains: readonly ChainRun[];
  readonly diagnostics: readonly ChainDiagnostics[];
}

/**
 * Markov chain Monte Carlo.
 *
 * Chain c draws its random numbers from child c of the run's stream, so its draws depend on the seed alone: not on how
 * many other chains there are, nor on where they run, nor on progress, yielding or aborting and resuming.
 *
 * @example
 * ```ts
 * const mcmc = new infer.MCMC(new infer.NUTS(model), { numSamples: 1000, numChains: 4, seed: 1 });
 * await mcmc.run(data);
 * console.log(infer.formatSummary(mcmc.summary()));
 * ```
 */
export class MCMC {
  readonly kernel: McmcKernel;
  private readonly settings: McmcSettings;
  private running = false;
  private latest: McmcRun | null = null;
  private results: Results | null = null;

  /** @throws TypeError for unknown options or what is no kernel; RangeError for values out of range. */
  constructor(kernel: McmcKernel, options: McmcOptions) {
    // A model, being a function, has a `bind` too.
    if (typeof kernel === 'function' || typeof (kernel as Partial<McmcKernel> | null)?.bind !== 'function') {
      throw new TypeError('infer.MCMC: takes a kernel first, as in new infer.MCMC(new infer.NUTS(model), options)');
    }
    this.kernel = kernel;
    this.settings = checkMcmcOptions(options);
  }

  /**
   * Draws from the posterior of the kernel's model called with `args`; for a log density, without arguments. A second
   * run replaces the first: with a `seed` by the same draws, else by new ones.
   *
   * When a chain fails, the others go on; then `run` rejects with a {@link ChainError} that says which chain failed, where
   * and why, while all methods below give the chains that are complete.
   *
   * @throws InitialPointError when a chain finds nowhere to begin; the signal's reason when aborted; ChainError.
   */
  async run(...args: readonly unknown[]): Promise<void> {
    const { seed, numWarmup } = this.settings;
    const stream = seed === undefined ? globalStream().split() : RandomStream.fromSeed(seed);
    await this.execute(new McmcRun(this.kernel, this.settings, numWarmup, stream), stream, [], args);
  }

  /**
   * Goes on from `checkpoint` (of this or of another `MCMC`, perhaps through JSON) until every chain has `numSamples`
   * draws, exactly as if the run had not been interrupted, wherever the chains ran; kernel, options and `args` must be those
   * of that run. `numSamples` and `numChains` may be larger than they were: this draws more.
   *
   * @throws TypeError or RangeError for what is no checkpoint, is one of another model or of other data, or has more chains
   *   or draws than the options ask for; also what {@link run} throws.
   */
  async resume(checkpoint: McmcCheckpoint, ...args: readonly unknown[]): Promise<void> {
    checkCheckpoint(checkpoint);
    const { kernel, numWarmup, thinning, stream, chains } = checkpoint;
    const { settings } = this;
    const where = 'infer.MCMC: cannot resume: the checkpoint';
    if (kernel !== undefined && this.kernel.name !== undefined && kernel !== this.kernel.name) {
      throw new RangeError(`${where} is of a run of ${kernel}, the kernel is ${this.kernel.name}`);
    }
    if (thinning !== settings.thinning) {
      throw new RangeError(`${where} has thinning ${thinning}, the option is ${settings.thinning}`);
    }
    if (chains.length > settings.numChains) {
      throw new RangeError(`${where} has ${chains.length} chains, numChains is ${settings.numChains}`);
    }
    const most = Math.max(0, ...chains.map(({ draws }) => draws.statistics.energy.length));
    if (most > settings.numSamples) {
      throw new RangeError(`${where} has ${most} draws of a chain, numSamples is ${settings.numSamples}`);
    }
    const root = RandomStream.fromState(stream);
    await this.execute(new McmcRun(this.kernel, settings, numWarmup, root), root, chains, args);
  }

  /**
   * The latest run as it stands, to store and to {@link resume}: between, after, and also during awaits of `run`.
   *
   * @throws Error when nothing has been run.
   */
  checkpoint(): McmcCheckpoint {
    if (this.latest === null) throw new Error('infer.MCMC: nothing to checkpoint yet: call run() first');
    return this.latest.checkpoint;
  }

  /**
   * The draws of each site: `data` row-major float64 of `shape` [draw, ...site shape], chain after chain, or with
   * `groupByChain` [chain, draw, ...site shape]. The arrays are the sampler's own: copy them before writing to them.
   *
   * @throws Error when no run has finished.
   */
  getSamples(options: ChainGrouping = {}): Record<string, SampleArray> {
    return this.finished().draws.samples(options);
  }

  /**
   * What is known of the transition to each draw: `logDensity` (unconstrained, up to a constant), `energy`, `acceptProb`,
   * `treeDepth`, `numLeapfrog`, `divergent` (0 or 1), or those of them that the option `extraFields` names; each of shape
   * [draw], or [chain, draw] with `groupByChain`.
   *
   * @throws Error when no run has finished.
   */
  getExtraFields(options: ChainGrouping = {}): Record<DrawStatistic, SampleArray> {
    const { chains, draws } = this.finished();
    const shape = draws.drawShape('getExtraFields', options);
    const collect = (name: DrawStatistic): SampleArray => ({
      data: Float64Array.from(chains.flatMap(({ draws }) => Array.from(draws.ofDraws(name)))),
      shape: [...shape],
    });
    const entries = this.settings.extraFields.map((name) => [name, collect(name)]);
    return Object.fromEntries(entries) as Record<DrawStatistic, SampleArray>;
  }

  /**
   * Mean, spread, quantiles and convergence of each scalar. Scalars are named by site and indices from 0: `mu`,
   * `theta[3]`, `w[1,2]`. What does not vary has NaN for R̂ and effective sample sizes.
   *
   * @throws Error when no run has finished.
   */
  summary(): Summary {
    return this.finished().draws.summary();
  }

  /** How each chain went. @throws Error when no run has finished. */
  diagnostics(): ChainDiagnostics[] {
    return [...this.finished().diagnostics];
  }

  /** Reasons not to trust the run, each with a cure; empty for a good one. @throws Error when no run has finished. */
  warnings(): string[] {
    return describeProblems(this.diagnostics(), this.summary());
  }

  private async execute(
    run: McmcRun,
    stream: RandomStream,
    resumed: readonly ChainCheckpoint[],
    args: readonly unknown[],
  ): Promise<void> {
    if (this.running) throw new Error('infer.MCMC: already running; await the first run, or use a second MCMC');
    this.running = true;
    this.latest = run;
    this.results = null;
    const sink = progressSink({ progressBar: this.settings.progressBar });
    let target: Target | null = null;
    try {
      // Called before the first await, so that a model is set up under the handlers in force at the call.
      target = await resolveTarget(this.kernel.target, args, {
        engine: this.kernel.settings.engine,
        stream: stream.fold('model'),
      });
      if (!(target.density.dimension > 0)) {
        throw new Error('infer.MCMC: there is nothing to sample: the model has no continuous latent site');
      }
      await run.run(target, resumed, sink);
      this.results = this.collect(run);
      for (const chain of run.chains) if (chain.failure) throw new ChainError(chain, chain.failure.cause, run.chains);
    } finally {
      sink.finish();
      target?.dispose();
      this.running = false;
    }
  }

  private collect(run: McmcRun): Results | null {
    const chains = run.chains.filter((chain) => chain.complete);
    if (chains.length === 0) return null;
    const maxTreeDepth = this.kernel instanceof NUTS ? this.kernel.maxTreeDepth : undefined;
    return {
      chains,
      draws: new DrawnChains(run.store.ofChains(chains.map(({ index }) => index)), chains.length, chains[0]?.draws.kept ?? 0),
      diagnostics: chains.map(({ index, draws, state }) => diagnoseChain(index, draws, state.adaptation, maxTreeDepth)),
    };
  }

  private finished(): Results {
    if (this.results !== null) return this.results;
    const cure = this.latest === null ? 'call and await run() first' : 'await run(), or resume() from checkpoint()';
    throw new Error(`infer.MCMC: no finished run: ${cure}`);
  }
}
