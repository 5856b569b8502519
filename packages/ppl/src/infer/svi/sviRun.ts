/** @file One run of SVI: its steps from beginning to end, its checkpoints, where it goes on. */
import { storeInForce } from '../../handlers/paramStore.ts';
import type { Optimizer } from '../../optim/optimizer.ts';
import { exactParams } from '../../params/exactParams.ts';
import type { ParamStore } from '../../params/store.ts';
import { randomStream } from '../../primitives.ts';
import { RandomStream } from '../../random/stream.ts';
import type { Stack } from '../../runtime/stack.ts';
import { breathe } from '../../util/breathe.ts';
import type { ProgressSink } from '../../util/progress.ts';
import { progressSink } from '../../util/progress.ts';
import { isValidationOn } from '../../util/validation.ts';
import { warn } from '../../util/warn.ts';
import type { Batch } from './batches.ts';
import { cycle } from './batches.ts';
import type { SviCheckpoint } from './checkpoint.ts';
import { checkSviCheckpoint } from './checkpoint.ts';
import { NonFiniteStep } from './nonFiniteStep.ts';
import type { ParamsRead } from './paramsRead.ts';
import type { SviProgress, SviResult, SviRunOptions } from './runOptions.ts';
import type { StepContext } from './sviStep.ts';

/** What takes the steps. */
export interface Stepper<A extends unknown[]> {
  readonly stack: Stack;
  readonly optim: Optimizer;
  readonly paramsRead: ParamsRead;
  /** @returns the loss. @throws NonFiniteStep when the step was not taken. */
  step(context: StepContext, args: A): Promise<number>;
}

/** The event loop gets its turn after this many milliseconds. */
const BREATHE_MS = 30;

export class SviRun<A extends unknown[]> {
  private readonly stepper: Stepper<A>;
  private readonly options: SviRunOptions<A>;
  private readonly store: ParamStore;
  private readonly stream: RandomStream;
  private readonly losses: number[];
  private readonly begun: number;
  /** The number of steps that the last checkpoint had. */
  private saved: number;
  private lastBreath = performance.now();

  /** Puts everything back as the checkpoint has it, if there is one. @throws Error when that is none, or does not fit. */
  constructor(stepper: Stepper<A>, options: SviRunOptions<A>) {
    const { resume } = options;
    this.stepper = stepper;
    this.options = options;
    this.store = storeInForce(stepper.stack);
    if (resume !== undefined) goOn(resume, this.store, stepper);
    this.stream = resume === undefined ? randomStream('svi.run') : RandomStream.fromState(resume.stream);
    this.losses = [...(resume?.losses ?? [])];
    this.begun = this.losses.length;
    this.saved = this.losses.length;
  }

  async run(): Promise<Omit<SviResult, 'stats'>> {
    const { batches } = this.options;
    const supply = batches === undefined ? null : cycle(batches);
    const sink = progressSink(this.options);
    try {
      const stopped = await this.takeSteps(supply, sink);
      await this.giveCheckpoint();
      const { losses } = this;
      return { losses, steps: losses.length, stopped, skipped: losses.filter(Number.isNaN).length };
    } catch (error) {
      await this.giveLastCheckpoint();
      throw error;
    } finally {
      sink.finish();
      await supply?.return(undefined as never);
    }
  }

  private async takeSteps(supply: AsyncGenerator<Batch<A>, never> | null, sink: ProgressSink): Promise<SviResult['stopped']> {
    const { losses } = this;
    const { steps, onProgress, every = 1, checkpointEvery, signal } = this.options;
    const shouldStop = this.stopRule();
    const isOver = losses.map((loss, i) => shouldStop({ step: i + 1, steps, loss }, true)).includes(true);
    if (isOver) return 'early';
    // Every batch is made, as it was before: a shuffled data set would come in another order otherwise.
    for (let i = 0; i < losses.length && supply !== null; i++) {
      (await supply.next()).value.dispose();
      await this.breathe();
      signal?.throwIfAborted();
    }
    while (losses.length < steps) {
      signal?.throwIfAborted();
      const loss = await this.takeStep(supply === null ? null : (await supply.next()).value);
      losses.push(loss);
      const progress = { step: losses.length, steps, loss };
      if (losses.length % every === 0 || losses.length === steps) await onProgress?.(progress);
      sink.update({ label: 'svi', current: losses.length, total: steps, metrics: { loss } });
      if (shouldStop(progress, false)) return 'early';
      if (checkpointEvery !== undefined && losses.length % checkpointEvery === 0) await this.giveCheckpoint();
      await this.breathe();
    }
    return 'steps';
  }

  /** @returns the loss; NaN for a step that was skipped. */
  private async takeStep(batch: Batch<A> | null): Promise<number> {
    const { args = [] as unknown[] as A, stableUpdate = false } = this.options;
    const index = this.losses.length;
    const context = {
      stack: this.stepper.stack,
      stream: this.stream.fold(index),
      validate: index === this.begun && isValidationOn(),
    };
    try {
      return await this.stepper.step(context, batch?.args ?? args);
    } catch (error) {
      if (stableUpdate && error instanceof NonFiniteStep) return NaN;
      throw error;
    } finally {
      batch?.dispose();
    }
  }

  /** Functions of the user's are not asked about the steps before the checkpoint: they may have effects. */
  private stopRule(): (progress: SviProgress, isPast: boolean) => boolean {
    const { stopWhen } = this.options;
    if (stopWhen === undefined) return () => false;
    if (typeof stopWhen === 'function') return (progress, isPast) => !isPast && stopWhen(progress);
    const isLast = stopWhen.begin();
    return ({ loss }) => isLast(loss);
  }

  private async giveCheckpoint(): Promise<void> {
    const { onCheckpoint } = this.options;
    if (onCheckpoint === undefined || this.saved === this.losses.length) return;
    // Noted before it is done: what cannot be saved is not tried again when the run ends by that.
    this.saved = this.losses.length;
    await onCheckpoint(await this.checkpoint());
  }

  /** The checkpoint of a run that has failed, whose error is the one to be heard. */
  private async giveLastCheckpoint(): Promise<void> {
    try {
      await this.giveCheckpoint();
    } catch (error) {
      warn(`svi.run: the run has failed, and so has its last checkpoint: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async checkpoint(): Promise<SviCheckpoint> {
    const { stepper, store, losses } = this;
    // All is read at once, before anything is waited for.
    const params = exactParams(store, stepper.paramsRead.in(store));
    const rest = { step: losses.length, losses: Float64Array.from(losses), stream: this.stream.state, optim: stepper.optim.getState() };
    return { version: 1, ...rest, params: await params };
  }

  private async breathe(): Promise<void> {
    if (performance.now() - this.lastBreath <= BREATHE_MS) return;
    await breathe();
    this.lastBreath = performance.now();
  }
}

function goOn(checkpoint: SviCheckpoint, store: ParamStore, { optim, paramsRead }: Pick<Stepper<never>, 'optim' | 'paramsRead'>): void {
  try {
    checkSviCheckpoint(checkpoint);
    store.restore(checkpoint.params, true, () => optim.setState(checkpoint.optim));
  } catch (cause) {
    throw new Error(`svi.run: cannot resume, and nothing was changed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  for (const name of checkpoint.params.keys()) paramsRead.add(store, name);
}
