/** @file The class `MCMC`: chains from a kernel, and what they say of the posterior. */
import { globalStream } from '../../random/global.ts';
import { RandomStream, type StreamState } from '../../random/stream.ts';
import { checkOptions } from '../../util/options.ts';
import { progressSink, type ProgressSink } from '../../util/progress.ts';
import { Chain, type ChainState } from './chain.ts';
import { describeProblems, diagnoseChain, type ChainDiagnostics } from './chainDiagnostics.ts';
import { checkInteger } from './checks.ts';
import { ChainDraws, DRAW_STATISTICS, type ChainDrawsState, type DrawStatistic } from './draws.ts';
import { initialDraws, type InitStrategy } from './initStrategy.ts';
import type { McmcKernel } from './kernelOptions.ts';
import { NUTS } from './nuts.ts';
import { runChain, showProgress, type McmcProgress } from './runChain.ts';
import { constrainDraws, scalarChains, type SampleArray, type SiteDraws } from './samples.ts';
import { summariseScalar, type Summary } from './summary.ts';
import { resolveTarget, type Target } from './target.ts';

export interface McmcOptions {
  /** Draws to keep of each chain. */
  readonly numSamples: number;
  /** Transitions before them, which tune step size and mass matrix; default 1000, as in Stan; 0 is allowed. */
  readonly numWarmup?: number;
  /** Default 1, as in Pyro. Four or more make R̂ and the effective sample sizes trustworthy. */
  readonly numChains?: number;
  /** Makes the run repeatable. Left out, it depends on `setSeed`. */
  readonly seed?: number;
  /** Where chains begin; default 'uniform': each unconstrained coordinate uniform on (-2, 2). */
  readonly initStrategy?: InitStrategy;
  /** How chains are run; so far one after another. */
  readonly executor?: 'sequential';
  /** Whether to show progress: by default only on a terminal; true: also elsewhere, in a few lines; false: never. */
  readonly progressBar?: boolean;
  /** Called about every 30 ms, and at the end of each phase of each chain. */
  readonly onProgress?: (progress: McmcProgress) => void;
  /** Stops the run between two transitions. What was drawn so far is in `checkpoint()`. */
  readonly signal?: AbortSignal;
}

/** A run as plain data for JSON: finished, aborted, or under way. */
export interface McmcCheckpoint {
  readonly version: 1;
  readonly numWarmup: number;
  /** The stream that the streams of all chains derive from. */
  readonly stream: StreamState;
  /** Those that have begun. */
  readonly chains: readonly { readonly state: ChainState; readonly draws: ChainDrawsState }[];
}

interface Results {
  readonly sites: ReadonlyMap<string, SiteDraws>;
  readonly draws: readonly ChainDraws[];
  readonly diagnostics: readonly ChainDiagnostics[];
}

interface Run {
  readonly numWarmup: number;
  readonly stream: RandomStream;
  readonly chains: { readonly chain: Chain; readonly draws: ChainDraws }[];
}

const OPTIONS = [
  'numSamples', 'numWarmup', 'numChains', 'seed', 'initStrategy', 'executor', 'progressBar', 'onProgress', 'signal',
];

/**
 * Markov chain Monte Carlo.
 *
 * Chain c draws its random numbers from child c of the run's stream, so its draws depend on the seed alone: not on how
 * many other chains there are, nor on progress, yielding or aborting and resuming.
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
  private readonly options: McmcOptions;
  private readonly numWarmup: number;
  private readonly numChains: number;
  private running = false;
  private latest: Run | null = null;
  private results: Results | null = null;
  private cachedSummary: Summary | null = null;

  /** @throws TypeError for unknown options or what is no kernel; RangeError for values out of range. */
  constructor(kernel: McmcKernel, options: McmcOptions) {
    const where = 'infer.MCMC';
    if (typeof (kernel as Partial<McmcKernel> | null)?.bind !== 'function') {
      throw new TypeError(`${where}: takes a kernel first, as in new infer.MCMC(new infer.NUTS(model), options)`);
    }
    checkOptions(where, options, OPTIONS);
    const { numSamples, numWarmup = 1000, numChains = 1, seed, executor = 'sequential' } = options;
    checkInteger(where, 'numSamples', numSamples, 1);
    checkInteger(where, 'numWarmup', numWarmup, 0);
    checkInteger(where, 'numChains', numChains, 1);
    if (seed !== undefined) RandomStream.fromSeed(seed);
    if (executor !== 'sequential') {
      throw new TypeError(`${where}: the only executor so far is 'sequential', got '${String(executor)}'`);
    }
    this.kernel = kernel;
    this.options = options;
    this.numWarmup = numWarmup;
    this.numChains = numChains;
  }

  /**
   * Draws from the posterior of the kernel's model called with `args`; for a log density, without arguments. A second
   * run replaces the first: with a `seed` by the same draws, else by new ones.
   *
   * @throws InitialPointError when a chain finds nowhere to begin; the signal's reason when aborted.
   */
  async run(...args: readonly unknown[]): Promise<void> {
    const { seed } = this.options;
    const stream = seed === undefined ? globalStream().split() : RandomStream.fromSeed(seed);
    await this.execute({ numWarmup: this.numWarmup, stream, chains: [] }, [], args);
  }

  /**
   * Goes on from `checkpoint` (of this or of another `MCMC`, perhaps through JSON) until every chain has `numSamples`
   * draws, exactly as if the run had not been interrupted; kernel, options and `args` must be those of that run.
   * `numSamples` and `numChains` may be larger than they were: this draws more.
   *
   * @throws RangeError when the checkpoint has more chains or draws than the options ask for.
   */
  async resume(checkpoint: McmcCheckpoint, ...args: readonly unknown[]): Promise<void> {
    const { version, numWarmup, stream, chains } = checkpoint;
    if (version !== 1) throw new RangeError(`infer.MCMC: cannot resume a checkpoint of version ${String(version)}`);
    if (chains.length > this.numChains) {
      throw new RangeError(`infer.MCMC: the checkpoint has ${chains.length} chains, numChains is ${this.numChains}`);
    }
    const { numSamples } = this.options;
    const most = Math.max(0, ...chains.map(({ draws }) => draws.statistics.energy.length));
    if (most > numSamples) {
      throw new RangeError(`infer.MCMC: the checkpoint has ${most} draws of a chain, numSamples is ${numSamples}`);
    }
    await this.execute({ numWarmup, stream: RandomStream.fromState(stream), chains: [] }, chains, args);
  }

  /**
   * The latest run as it stands, to store and to {@link resume}: between, after, and also during awaits of `run`.
   *
   * @throws Error when nothing has been run.
   */
  checkpoint(): McmcCheckpoint {
    if (this.latest === null) throw new Error('infer.MCMC: nothing to checkpoint yet: call run() first');
    const { numWarmup, stream, chains } = this.latest;
    return {
      version: 1,
      numWarmup,
      stream: stream.state,
      chains: chains.map(({ chain, draws }) => ({ state: chain.state, draws: draws.state })),
    };
  }

  /**
   * The draws of each site: `data` row-major float64 of `shape` [draw, ...site shape], chain after chain, or with
   * `groupByChain` [chain, draw, ...site shape]. The arrays are the sampler's own: copy them before writing to them.
   *
   * @throws Error when no run has finished.
   */
  getSamples(options: { readonly groupByChain?: boolean } = {}): Record<string, SampleArray> {
    checkOptions('getSamples', options, ['groupByChain']);
    const leading = this.drawShape(options.groupByChain ?? false);
    const samples: Record<string, SampleArray> = {};
    for (const [name, { data, shape }] of this.finished().sites) samples[name] = { data, shape: [...leading, ...shape] };
    return samples;
  }

  /**
   * What is known of each transition after warm-up: `logDensity` (unconstrained, up to a constant), `energy`,
   * `acceptProb`, `treeDepth`, `numLeapfrog`, `divergent` (0 or 1), each of shape [draw], or [chain, draw] with
   * `groupByChain`.
   *
   * @throws Error when no run has finished.
   */
  getExtraFields(options: { readonly groupByChain?: boolean } = {}): Record<DrawStatistic, SampleArray> {
    checkOptions('getExtraFields', options, ['groupByChain']);
    const { draws } = this.finished();
    const shape = this.drawShape(options.groupByChain ?? false);
    const collect = (name: DrawStatistic): SampleArray => ({
      data: Float64Array.from(draws.flatMap(({ statistics }) => Array.from(statistics[name]))),
      shape: [...shape],
    });
    return Object.fromEntries(DRAW_STATISTICS.map((name) => [name, collect(name)])) as Record<DrawStatistic, SampleArray>;
  }

  /**
   * Mean, spread, quantiles and convergence of each scalar. Scalars are named by site and indices from 0: `mu`,
   * `theta[3]`, `w[1,2]`. What does not vary has NaN for R̂ and effective sample sizes.
   *
   * @throws Error when no run has finished.
   */
  summary(): Summary {
    const { sites, draws } = this.finished();
    if (this.cachedSummary === null) {
      this.cachedSummary = {};
      for (const [site, siteDraws] of sites) {
        for (const [name, chains] of scalarChains(site, siteDraws, draws.length)) {
          this.cachedSummary[name] = summariseScalar(chains);
        }
      }
    }
    return { ...this.cachedSummary };
  }

  /** How each chain went. @throws Error when no run has finished. */
  diagnostics(): ChainDiagnostics[] {
    return [...this.finished().diagnostics];
  }

  /** Reasons not to trust the run, each with a cure; empty for a good one. @throws Error when no run has finished. */
  warnings(): string[] {
    return describeProblems(this.diagnostics(), this.summary());
  }

  private async execute(run: Run, resumed: McmcCheckpoint['chains'], args: readonly unknown[]): Promise<void> {
    if (this.running) throw new Error('infer.MCMC: already running; await the first run, or use a second MCMC');
    this.running = true;
    this.latest = run;
    this.results = null;
    this.cachedSummary = null;
    const sink = progressSink({ progressBar: this.options.progressBar });
    let target: Target | null = null;
    try {
      // Called before the first await, so that a model is set up under the handlers in force at the call.
      target = await resolveTarget(this.kernel.target, args, {
        engine: this.kernel.settings.engine,
        stream: run.stream.fold('model'),
      });
      if (!(target.density.dimension > 0)) {
        throw new Error('infer.MCMC: there is nothing to sample: the model has no continuous latent site');
      }
      for (let chain = 0; chain < this.numChains; chain++) {
        await this.runOne(run, target, chain, resumed[chain], sink);
      }
      this.results = await this.collect(run, target);
    } finally {
      sink.finish();
      target?.dispose();
      this.running = false;
    }
  }

  private async runOne(
    run: Run,
    target: Target,
    index: number,
    resumed: McmcCheckpoint['chains'][number] | undefined,
    sink: ProgressSink,
  ): Promise<void> {
    const { kernel, numChains } = this;
    const { numSamples, initStrategy = 'uniform', onProgress, signal } = this.options;
    signal?.throwIfAborted();
    const { density } = target;
    const entry = resumed
      ? {
          chain: Chain.resume(kernel, density, resumed.state),
          draws: ChainDraws.fromState(resumed.draws, numSamples, density.dimension),
        }
      : {
          chain: Chain.start(
            kernel, target, initialDraws(initStrategy, target, index), run.numWarmup, run.stream.fold(index),
          ),
          draws: new ChainDraws(numSamples, density.dimension),
        };
    run.chains.push(entry);
    await runChain(entry.chain, entry.draws, {
      chain: index,
      numChains,
      signal,
      onProgress: (progress) => {
        showProgress(sink, progress);
        onProgress?.(progress);
      },
    });
  }

  private async collect({ chains }: Run, target: Target): Promise<Results> {
    const draws = chains.map((entry) => entry.draws);
    const maxTreeDepth = this.kernel instanceof NUTS ? this.kernel.maxTreeDepth : undefined;
    return {
      draws,
      sites: await constrainDraws(target, draws),
      diagnostics: chains.map(({ chain, draws: own }) => diagnoseChain(own, chain.state.adaptation, maxTreeDepth)),
    };
  }

  private finished(): Results {
    if (this.results !== null) return this.results;
    const cure = this.latest === null ? 'call and await run() first' : 'await run(), or resume() from checkpoint()';
    throw new Error(`infer.MCMC: no finished run: ${cure}`);
  }

  private drawShape(groupByChain: boolean): number[] {
    const numChains = this.finished().draws.length;
    const { numSamples } = this.options;
    return groupByChain ? [numChains, numSamples] : [numChains * numSamples];
  }
}
