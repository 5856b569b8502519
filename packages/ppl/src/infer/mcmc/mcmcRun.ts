/** @file One run of `MCMC`: its chains from beginning to end. */
import type { RandomStream } from '../../random/stream.ts';
import { breathe } from '../../util/breathe.ts';
import type { ProgressSink } from '../../util/progress.ts';
import { drawsOfPaths } from '../pathfinder/chainStart.ts';
import { PathError } from '../pathfinder/singlePath.ts';
import { Callbacks } from './callbacks.ts';
import { Chain } from './chain.ts';
import { ChainRun } from './chainRun.ts';
import { checkpointChain, type ChainCheckpoint, type McmcCheckpoint } from './checkpoint.ts';
import { constrainDraws } from './constrainDraws.ts';
import { ChainDraws } from './draws.ts';
import { executeChains } from './executor.ts';
import { InitialPointError } from './initialPoint.ts';
import { initialDraws, pathfinderOptions, type InitStrategy } from './initStrategy.ts';
import type { McmcKernel } from './kernelOptions.ts';
import type { McmcSettings } from './mcmcOptions.ts';
import { RunProgress } from './runProgress.ts';
import { SampleStore, type SampleArray } from './samples.ts';
import type { ChainSegment } from './segment.ts';
import type { SiteValue, Target } from './target.ts';

/** A run that can be looked at, and checkpointed, at any time. */
export class McmcRun {
  readonly store: SampleStore;
  private readonly kernel: McmcKernel;
  private readonly settings: McmcSettings;
  private readonly numWarmup: number;
  private readonly stream: RandomStream;
  private readonly started: ChainRun[] = [];
  private readonly callbacks: Callbacks = new Callbacks();

  constructor(kernel: McmcKernel, settings: McmcSettings, numWarmup: number, stream: RandomStream) {
    this.kernel = kernel;
    this.settings = settings;
    this.numWarmup = numWarmup;
    this.stream = stream;
    this.store = new SampleStore(settings.numChains, Math.floor(settings.numSamples / settings.thinning));
  }

  /** The chains, as far as they have come. */
  get chains(): readonly ChainRun[] {
    return this.started;
  }

  get checkpoint(): McmcCheckpoint {
    const { name } = this.kernel;
    return {
      version: 2,
      ...(name === undefined ? {} : { kernel: name }),
      numWarmup: this.numWarmup,
      thinning: this.settings.thinning,
      stream: this.stream.state,
      chains: this.started.map(({ state, logDensity, draws }) => checkpointChain(state, logDensity, draws.state)),
    };
  }

  /**
   * Begins all chains, those of `resumed` where they were, and runs them to their ends.
   *
   * @throws InitialPointError when a chain finds nowhere to begin; the signal's reason when aborted; what callbacks throw.
   *   Chains that fail later do so by themselves: see `failure` of {@link chains}.
   */
  async run(target: Target, resumed: readonly ChainCheckpoint[], sink: ProgressSink): Promise<void> {
    const { kernel, settings, started } = this;
    const { executor, numWorkers, numChains, signal } = settings;
    signal?.throwIfAborted();
    for (let index = 0; index < numChains; index++) {
      const saved = resumed[index];
      if (saved !== undefined) {
        started.push(this.goOn(target, index, saved));
        continue;
      }
      started.push(await this.begin(target, index));
      await breathe();
      signal?.throwIfAborted();
    }
    for (const { index, draws } of started) await constrainDraws(target, draws.positions, draws.kept, this.store, index);
    const progress = new RunProgress(started);
    const listener = {
      segment: (run: ChainRun, segment: ChainSegment) => this.hear(run, segment, progress, sink),
      failed: (run: ChainRun, cause: unknown) => run.fail(cause),
    };
    await executeChains(started, { executor, numWorkers, kernel, target, listener, signal });
    await this.callbacks.done();
  }

  private async begin(target: Target, index: number): Promise<ChainRun> {
    const { numSamples, numChains, thinning, initStrategy, signal } = this.settings;
    const strategy = Array.isArray(initStrategy) ? (initStrategy[index] as InitStrategy) : (initStrategy as InitStrategy);
    const stream = this.stream.fold(index);
    let chain: Chain;
    try {
      const pathOptions = pathfinderOptions(strategy);
      const draws =
        pathOptions === null
          ? initialDraws(strategy, target, index)
          : await drawsOfPaths(pathOptions, target, stream.fold('pathfinder'), signal);
      chain = Chain.start(this.kernel, target, draws, this.numWarmup, stream);
    } catch (error) {
      const isOfChain = error instanceof InitialPointError || error instanceof PathError;
      throw isOfChain && numChains > 1 ? error.ofChain(index) : error;
    }
    return new ChainRun(index, chain, new ChainDraws(numSamples, target.density.dimension, thinning));
  }

  private goOn(target: Target, index: number, { state, logDensity, draws }: ChainCheckpoint): ChainRun {
    const { numSamples, thinning } = this.settings;
    const { density } = target;
    const chain = Chain.resume(this.kernel, density, state);
    const here = chain.current.logDensity;
    // Engines round differently; another model, or other data, is farther off than that.
    if (!(Math.abs(here - logDensity) <= 1e-3 * (1 + Math.abs(logDensity)))) {
      throw new RangeError(
        `infer.MCMC: cannot resume: where chain ${index} of the checkpoint stands, the log density was ${logDensity} and is ` +
          `${here} here: the checkpoint is of another model, or of other data`,
      );
    }
    return new ChainRun(index, chain, ChainDraws.fromState(draws, numSamples, density.dimension, thinning));
  }

  private hear(run: ChainRun, segment: ChainSegment, progress: RunProgress, sink: ProgressSink): void {
    const { settings, callbacks } = this;
    callbacks.check();
    run.add(segment);
    const count = segment.positions.length / run.draws.dimension;
    const first = run.draws.kept - count;
    if (count > 0) this.store.set(run.index, first, segment.values);
    const now = progress.add(run, segment);
    sink.update(progress.line(now));
    callbacks.add(settings.onProgress?.(now));
    if (count > 0) callbacks.add(settings.onDraws?.({ chain: run.index, first, count, sites: samplesOf(segment.values) }));
  }
}

function samplesOf(values: ReadonlyMap<string, SiteValue>): Record<string, SampleArray> {
  return Object.fromEntries(Array.from(values, ([name, { data, shape }]) => [name, { data, shape: [...shape] }]));
}
