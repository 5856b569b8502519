/** @file Training: epochs of steps of stochastic variational inference. */
import { breathe, checkOptions, currentStack, progressSink, randomStream } from '@tychejs/ppl';
import type { FileSource, SviResult } from '@tychejs/ppl';
import type { FitCheckpoint, Trained, Training } from './fitCheckpoint.ts';
import { fitCheckpoint, resumeFrom } from './fitCheckpoint.ts';
import type { DataSource, FitData, StepData } from './fitData.ts';
import { dataSource } from './fitData.ts';
import type { SavedNet } from './netFile.ts';
import type { StepOptions, Steps, Trainer } from './trainer.ts';

/** How an epoch has gone. */
export interface EpochReport {
  /** Counts from 0. */
  readonly epoch: number;
  /** Mean over the epoch's steps of the loss, -ELBO for all data. */
  readonly loss: number;
  /** The evidence lower bound, `-loss`. */
  readonly elbo: number;
}

export interface FitOptions extends StepOptions {
  /** How often to go through the data, the epochs before a checkpoint included. */
  readonly epochs: number;
  /** For data given as `{ x, y }`: how many of them each step takes, in random order; all by default. */
  readonly batchSize?: number;
  /** Called after each epoch; training stops if, and only if, it returns (or resolves to) `'stop'`. */
  readonly onEpoch?: (report: EpochReport) => unknown;
  /**
   * Called with all that training needs to go on, every `checkpointEvery` epochs and when it ends by itself; a promise that it
   * returns is waited for. An abort ends an epoch in its middle: the last checkpoint is that of an epoch before.
   */
  readonly onCheckpoint?: (checkpoint: FitCheckpoint) => unknown;
  /** 1 by default. */
  readonly checkpointEvery?: number;
  /**
   * Goes on where a checkpoint was taken, given its `bytes`, a file of them, or what else gives them. On the same backend and
   * engine the numbers are the very ones that would have come had training not stopped: parameters, statistics that layers
   * keep, optimiser and random streams are put back. The network must have been made as that one was, and `optim` with the
   * same settings. Batches must come as they came then: where they are not known beforehand, as those of a dataset, those of
   * the epochs done are passed over.
   */
  readonly resume?: FileSource;
  /** Ends training with the signal's reason; what has been learnt stays. */
  readonly signal?: AbortSignal;
  /** Shows a line of progress on standard error; by default if that is a terminal. */
  readonly progressBar?: boolean;
}

const KEYS: readonly string[] = [
  'optim', 'epochs', 'batchSize', 'onEpoch', 'onCheckpoint', 'checkpointEvery', 'resume', 'numParticles', 'closedFormKl', 'engine',
  'signal', 'progressBar',
];

/** What has become of training. */
export interface FitResult {
  /** The loss of each epoch: the mean of -ELBO over its steps. */
  readonly losses: number[];
  /** How steps were run: compiled or not, and why not. */
  readonly stats: SviResult['stats'];
}

/** The event loop gets its turn after this many milliseconds. */
const BREATHE_MS = 30;

/** What is trained. */
export interface Trainee {
  /** Begins error messages: `bnn.fit`. */
  readonly where: string;
  /** Number of data in all, if it is known already. */
  readonly datasetSize: number | undefined;
  readonly trainer: Trainer;
  readonly net: SavedNet;
}

/** Fits the parameters of a guide and its model to `data`, under the handlers in force at the call. */
export async function fit(trainee: Trainee, data: FitData, options: FitOptions): Promise<FitResult> {
  const { where, trainer, net } = trainee;
  checkFitOptions(where, options);
  const { batchSize, numParticles = 1, closedFormKl = true, resume, optim } = options;
  const source = dataSource(where, data, batchSize);
  const datasetSize = trainee.datasetSize ?? source.size ?? undefined;
  if (datasetSize === undefined) {
    throw new Error(
      `${where}: the number of data is not known from an iterable or dataset, but the log-likelihood of a batch must be scaled to it; ` +
        'give the likelihood a datasetSize',
    );
  }
  // In a browser the handlers in force are forgotten at the first `await`.
  const steps = trainer.steps(options, currentStack());
  const stream = randomStream('bnn.fit');
  const trained = { net, optim, settings: { datasetSize, batchSize: batchSize ?? null, numParticles, closedFormKl } };
  const training = resume === undefined ? { losses: [], steps: 0, stream } : await resumeFrom(resume, trained);
  await new Fitting({ where, source, datasetSize, steps, trained }, training, options).run();
  return { losses: training.losses, stats: steps.stats };
}

/** What stays the same from epoch to epoch. */
interface FittingContext {
  readonly where: string;
  readonly source: DataSource;
  readonly datasetSize: number;
  readonly steps: Steps;
  readonly trained: Trained;
}

/** One call of {@link fit}. */
class Fitting {
  private readonly context: FittingContext;
  private readonly training: Training;
  private readonly options: FitOptions;
  private readonly breath = new Breath();
  /** The number of epochs that the last checkpoint had. */
  private saved: number;

  constructor(context: FittingContext, training: Training, options: FitOptions) {
    this.context = context;
    this.training = training;
    this.options = options;
    this.saved = training.losses.length;
  }

  /** Goes on with training until it has all its epochs, or is stopped. */
  async run(): Promise<void> {
    const { epochs, onEpoch, checkpointEvery = 1 } = this.options;
    const { losses } = this.training;
    const sink = progressSink(this.options);
    try {
      await this.passOver(losses.length);
      while (losses.length < epochs) {
        const epoch = losses.length;
        const loss = await this.takeEpoch(epoch);
        losses.push(loss);
        sink.update({ label: 'fit', current: losses.length, total: epochs, metrics: { loss } });
        if ((await onEpoch?.({ epoch, loss, elbo: -loss })) === 'stop') break;
        if (losses.length % checkpointEvery === 0) await this.giveCheckpoint();
      }
      await this.giveCheckpoint();
    } finally {
      sink.finish();
    }
  }

  /** @returns the mean loss of its steps. */
  private async takeEpoch(epoch: number): Promise<number> {
    const { where, source } = this.context;
    let total = 0;
    let count = 0;
    for await (const batch of source.epoch(this.training.stream.fold('epoch').fold(epoch))) {
      this.options.signal?.throwIfAborted();
      total += await this.takeStep(batch);
      count++;
      await this.breath.take();
    }
    if (count === 0) throw noData(where, epoch);
    return total / count;
  }

  private async takeStep({ x, y, dispose }: StepData): Promise<number> {
    const { steps, datasetSize } = this.context;
    const { training } = this;
    try {
      return await steps.take(training.stream.fold(training.steps++), x, y, datasetSize);
    } finally {
      dispose();
    }
  }

  /** Makes the batches of epochs done before: a shuffled data set would come in another order otherwise. */
  private async passOver(epochs: number): Promise<void> {
    const { source } = this.context;
    if (source.numBatches !== null) return;
    for (let epoch = 0; epoch < epochs; epoch++) {
      for await (const { dispose } of source.epoch(this.training.stream)) {
        dispose();
        this.options.signal?.throwIfAborted();
        await this.breath.take();
      }
    }
  }

  private async giveCheckpoint(): Promise<void> {
    const { onCheckpoint } = this.options;
    const { losses } = this.training;
    if (onCheckpoint === undefined || this.saved === losses.length) return;
    this.saved = losses.length;
    await onCheckpoint(await fitCheckpoint(this.training, this.context.trained));
  }
}

function checkFitOptions(where: string, options: FitOptions): void {
  checkOptions(where, options, KEYS);
  const { epochs, onCheckpoint, checkpointEvery } = options;
  for (const [name, count] of Object.entries({ epochs, checkpointEvery: checkpointEvery ?? 1 })) {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`${where}: ${name} must be a positive integer, got ${count}`);
  }
  if (checkpointEvery !== undefined && onCheckpoint === undefined) {
    throw new TypeError(`${where}: checkpointEvery needs onCheckpoint, which is given the checkpoints`);
  }
}

/** Lets the event loop turn now and then. */
class Breath {
  private last = performance.now();

  async take(): Promise<void> {
    if (performance.now() - this.last <= BREATHE_MS) return;
    await breathe();
    this.last = performance.now();
  }
}

function noData(where: string, epoch: number): Error {
  if (epoch === 0) return new Error(`${where}: there are no data`);
  return new Error(
    `${where}: the data ended after the first epoch and cannot be gone through again; pass an array of batches, an object whose ` +
      '[Symbol.iterator] begins anew, or a function that makes the iterable',
  );
}
