/** @file One run of `SGMCMC`: its chains from beginning to end. */
import type { RandomStream } from '../../random/stream.ts';
import type { Stack } from '../../runtime/stack.ts';
import { withStack } from '../../runtime/stack.ts';
import { breathe } from '../../util/breathe.ts';
import type { ProgressSink } from '../../util/progress.ts';
import { isValidationOn } from '../../util/validation.ts';
import type { SampleArray } from '../mcmc/samples.ts';
import { SampleStore } from '../mcmc/samples.ts';
import { withoutAssignments } from '../svi/assignments.ts';
import type { Batch, Batches } from '../svi/batches.ts';
import { cycle } from '../svi/batches.ts';
import type { StepStats } from '../svi/compiled/stepEngine.ts';
import { NonFiniteStep } from '../svi/nonFiniteStep.ts';
import type { StepContext } from '../svi/sviStep.ts';
import { ChainRecord } from './chainRecord.ts';
import { ChainStart } from './chainStart.ts';
import type { SgmcmcChainState, SgmcmcCheckpoint } from './checkpoint.ts';
import { stepCounts } from './checkpoint.ts';
import { Sampler } from './sampler.ts';
import type { StepPlan } from './schedule.ts';
import { drawsUntil } from './schedule.ts';
import type { SgmcmcKernel } from './sgmcmcKernel.ts';
import type { SgmcmcData, SgmcmcProgress, SgmcmcSettings } from './sgmcmcOptions.ts';

const WHERE = 'infer.SGMCMC';

/** The event loop gets its turn, and callbacks of progress theirs, after this many milliseconds. */
const BREATHE_MS = 30;

/** What a run is of. */
export interface RunTask<A extends unknown[]> {
  readonly kernel: SgmcmcKernel<A>;
  readonly settings: SgmcmcSettings;
  readonly plan: StepPlan;
  /** Where all random numbers come from. */
  readonly stream: RandomStream;
  /** The handlers in force. */
  readonly stack: Stack;
}

/** A run that can be looked at, and checkpointed, at any time. */
export class SgmcmcRun<A extends unknown[]> {
  readonly store: SampleStore;
  readonly chains: ChainRecord[] = [];
  private readonly task: RunTask<A>;
  private sampler: Sampler<A> | null = null;
  /** The chain that the sampler stands in. */
  private current: ChainRecord | null = null;
  private lastStats: StepStats | null = null;
  private isStepping = false;
  /** Those who wait for the step that is under way. */
  private waiting: (() => void)[] = [];
  private lastBreath = performance.now();
  private hasStepped = false;

  constructor(task: RunTask<A>) {
    this.task = task;
    this.store = new SampleStore(task.settings.numChains, task.plan.numDraws);
  }

  /** How steps were run so far; null before the first. */
  get stats(): StepStats | null {
    return this.sampler?.stats ?? this.lastStats;
  }

  /** Runs all chains to their ends, those of `resumed` from where they were. @throws what steps and callbacks throw. */
  async run(data: SgmcmcData<A>, resumed: readonly SgmcmcChainState[], sink: ProgressSink): Promise<void> {
    const { settings, plan } = this.task;
    resumed.forEach((state, index) => this.chains.push(ChainRecord.fromState(index, state, drawsUntil(plan, state.step), this.store)));
    try {
      for (let index = 0; index < settings.numChains; index++) {
        settings.signal?.throwIfAborted();
        const chain = this.chains[index] ?? new ChainRecord(index);
        if (chain.step < plan.numSteps) await this.runChain(chain, data, sink);
      }
    } finally {
      await this.leave();
      this.lastStats = this.stats;
      this.sampler?.dispose();
      this.sampler = null;
    }
  }

  /** The run as it stands: after the step that is under way. */
  async checkpoint(): Promise<SgmcmcCheckpoint> {
    while (this.isStepping) await new Promise<void>((resolve) => this.waiting.push(resolve));
    const { kernel, settings, plan, stream } = this.task;
    const { numSamples, thinning } = settings;
    // All is read at once, before anything is waited for.
    const states = this.chains.map((chain) => chain.state(chain === this.current ? (this.sampler?.point() ?? null) : null, this.drawsOf(chain)));
    return {
      version: 1,
      kernel: kernel.name,
      plan: stepCounts(kernel.settings.schedule, { numSamples, numBurnIn: plan.numBurnIn, thinning }),
      stream: stream.state,
      chains: (await Promise.all(states)).filter((state) => state !== null),
    };
  }

  private async runChain(chain: ChainRecord, data: SgmcmcData<A>, sink: ProgressSink): Promise<void> {
    const { plan, settings, stream } = this.task;
    const own = stream.fold(chain.index);
    const supply = supplyOf(data, own.fold('batches'));
    const begin = performance.now() - 1000 * chain.seconds;
    try {
      // Every batch is made, as it was before: shuffled data would come in another order otherwise.
      for (let i = 0; i < chain.step; i++) {
        (await supply.next()).value.dispose();
        await this.breathe();
        settings.signal?.throwIfAborted();
      }
      while (chain.step < plan.numSteps) {
        settings.signal?.throwIfAborted();
        const batch = (await supply.next()).value;
        let potential: number;
        try {
          if (this.current !== chain) await this.enter(chain, batch.args, own);
          potential = await this.takeStep(chain, batch.args, own);
        } finally {
          batch.dispose();
        }
        chain.seconds = (performance.now() - begin) / 1000;
        await this.report(chain, potential, sink);
      }
    } finally {
      await supply.return(undefined as never);
    }
  }

  /** Puts the sampler where the chain is to begin, or to go on. */
  private async enter(chain: ChainRecord, args: A, stream: RandomStream): Promise<void> {
    const { kernel, plan, settings, stack } = this.task;
    const within = <R>(body: () => R): R => withStack(stack, () => withoutAssignments(body));
    await this.leave();
    const start = within(() => new ChainStart(kernel.model, args, stream.fold('model')));
    this.sampler ??= new Sampler(kernel, plan, start.latent);
    const point = chain.point ?? {
      position: within(() => start.find(settings.initStrategy, chain.index, stream.fold('start'))),
      kernel: null,
    };
    this.sampler.begin(point);
    this.current = chain;
    if (this.chains[chain.index] === undefined) this.chains.push(chain);
  }

  /** Notes where the chain stands that the sampler is in, and leaves it. */
  private async leave(): Promise<void> {
    const chain = this.current;
    if (chain === null || this.sampler === null) return;
    chain.point = await this.sampler.point();
    this.current = null;
  }

  /** Takes a step, and draws if it ends in a draw. @returns the potential energy before it. */
  private async takeStep(chain: ChainRecord, args: A, stream: RandomStream): Promise<number> {
    const { plan, settings, stack } = this.task;
    const sampler = this.sampler as Sampler<A>;
    const context: StepContext = { stack, stream: stream.fold('steps').fold(chain.step), validate: !this.hasStepped && isValidationOn() };
    let values: Awaited<ReturnType<Sampler<A>['values']>> | null = null;
    const draw = chain.numDraws;
    let potential: number;
    this.isStepping = true;
    try {
      potential = await sampler.step(context, args);
      this.hasStepped = true;
      if (plan.isDraw(chain.step)) values = await sampler.values({ ...context, validate: false }, args);
      if (plan.phase(chain.step) === 'sample') chain.note(potential);
      chain.step++;
      if (values !== null) chain.add(values, settings.keepSamples ? this.store : null);
    } catch (error) {
      throw error instanceof NonFiniteStep ? this.tooLarge(chain, error) : error;
    } finally {
      this.isStepping = false;
      for (const resolve of this.waiting.splice(0)) resolve();
    }
    if (values !== null) await settings.onSample?.({ chain: chain.index, draw, values });
    return potential;
  }

  private async report(chain: ChainRecord, potential: number, sink: ProgressSink): Promise<void> {
    const { plan, settings } = this.task;
    const { step } = chain;
    const isDue = step === plan.numSteps || performance.now() - this.lastBreath > BREATHE_MS;
    if (!isDue) return;
    const progress = this.progress(chain, potential);
    const { numSteps, stepSize } = progress;
    const label = settings.numChains === 1 ? 'sgmcmc' : `chain ${chain.index + 1} of ${settings.numChains}`;
    sink.update({ label, current: step, total: numSteps, metrics: { step: stepSize, potential } });
    await settings.onProgress?.(progress);
    await this.breathe();
  }

  private progress({ index, step }: ChainRecord, potential: number): SgmcmcProgress {
    const { kernel, plan, settings } = this.task;
    const last = step - 1;
    const stepSize = kernel.settings.stepSize * plan.factor(last);
    return { chain: index, numChains: settings.numChains, phase: plan.phase(last), step, numSteps: plan.numSteps, stepSize, potential };
  }

  private async breathe(): Promise<void> {
    if (performance.now() - this.lastBreath <= BREATHE_MS) return;
    await breathe();
    this.lastBreath = performance.now();
  }

  private drawsOf({ index, numDraws }: ChainRecord): Record<string, SampleArray> {
    const { settings } = this.task;
    const ofStore = settings.keepSamples ? this.store.drawsOf(index, numDraws) : [];
    return Object.fromEntries([...ofStore].map(([name, { data, shape }]) => [name, { data, shape: [numDraws, ...shape] }]));
  }

  private tooLarge({ index, step }: ChainRecord, cause: NonFiniteStep): Error {
    const { kernel, plan } = this.task;
    const advice = step === 0 ? '' : `; steps went well before, so they may be too large: lower stepSize, now ${kernel.settings.stepSize}`;
    return new Error(`${cause.message} (chain ${index}, step ${step + 1} of ${plan.numSteps}${advice})`, { cause });
  }
}

/** The arguments of one step after another. */
function supplyOf<A extends unknown[]>({ args = [] as unknown[] as A, batches }: SgmcmcData<A>, stream: RandomStream): AsyncGenerator<Batch<A>, never> {
  if (batches === undefined) return forEver(args);
  if (typeof batches !== 'function') return cycle(batches, WHERE);
  const ofPass: Batches<A> = (pass) => batches(pass, stream.fold(pass));
  return cycle(ofPass, WHERE);
}

async function* forEver<A extends unknown[]>(args: A): AsyncGenerator<Batch<A>, never> {
  const batch: Batch<A> = { args, dispose: () => undefined };
  for (;;) yield batch;
}
