/** @file Training: epochs of steps of stochastic variational inference. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { breathe, checkOptions, currentStack, infer, progressSink, randomStream, withStack } from '@tychejs/ppl';
import type { Engine, optim } from '@tychejs/ppl';
import type { FitData, StepData } from './fitData.ts';
import { dataSource } from './fitData.ts';
import type { NetInput } from './lift/net.ts';

/** How an epoch has gone. */
export interface EpochReport {
  /** Counts from 0. */
  readonly epoch: number;
  /** Mean over the epoch's steps of the loss, -ELBO for all data. */
  readonly loss: number;
  /** The evidence lower bound, `-loss`. */
  readonly elbo: number;
}

export interface FitOptions {
  /** Such as `optim.adam({ lr: 1e-3 })`; it keeps its state from one call of `fit` to the next. */
  readonly optim: optim.Optimizer;
  /** How often to go through the data. */
  readonly epochs: number;
  /** For data given as `{ x, y }`: how many of them each step takes, in random order; all by default. */
  readonly batchSize?: number;
  /** Called after each epoch; training stops if, and only if, it returns (or resolves to) `'stop'`. */
  readonly onEpoch?: (report: EpochReport) => unknown;
  /** Draws of the weights that each step averages over; 1 by default. */
  readonly numParticles?: number;
  /** Whether divergences from the prior are computed in closed form where there is one; true by default. */
  readonly closedFormKl?: boolean;
  /** Whether steps are compiled, once for each shape of a batch; `'auto'`, the default, where that can be done. */
  readonly engine?: Engine;
  /** Ends training with the signal's reason; what has been learnt stays. */
  readonly signal?: AbortSignal;
  /** Shows a line of progress on standard error; by default if that is a terminal. */
  readonly progressBar?: boolean;
}

const KEYS: readonly string[] = ['optim', 'epochs', 'batchSize', 'onEpoch', 'numParticles', 'closedFormKl', 'engine', 'signal', 'progressBar'];

/** The event loop gets its turn after this many milliseconds. */
const BREATHE_MS = 30;

/** What is trained. */
export interface Trainee {
  /** Begins error messages: `bnn.fit`. */
  readonly where: string;
  /** Number of data in all, if it is known already. */
  readonly datasetSize: number | undefined;
  readonly trainer: Trainer;
}

type Svi = InstanceType<typeof infer.SVI<[NetInput, Tensor, number]>>;

/** Takes the steps of training. Its steps stay compiled from one call of `fit` to the next, if that has the same settings. */
export class Trainer {
  private readonly model: (x: NetInput, y: Tensor, datasetSize: number) => unknown;
  private readonly guide: () => unknown;
  private last: { readonly settings: readonly unknown[]; readonly svi: Svi } | null = null;

  constructor(model: Trainer['model'], guide: Trainer['guide']) {
    this.model = model;
    this.guide = guide;
  }

  /** The inference with these settings. */
  svi({ optim, numParticles = 1, closedFormKl = true, engine = 'auto' }: FitOptions): Svi {
    const settings = [optim, numParticles, closedFormKl, engine];
    if (this.last?.settings.every((setting, i) => setting === settings[i]) === true) return this.last.svi;
    const Objective = closedFormKl ? infer.TraceMeanFieldELBO : infer.TraceELBO;
    const { model, guide } = this;
    const svi = new infer.SVI<[NetInput, Tensor, number]>({ model, guide, optim, loss: new Objective({ numParticles }), engine });
    this.last = { settings, svi };
    return svi;
  }
}

/**
 * Fits the parameters of a guide and its model to `data`, under the handlers in force at the call.
 *
 * @returns the loss of each epoch.
 */
export async function fit(trainee: Trainee, data: FitData, options: FitOptions): Promise<{ losses: number[] }> {
  const { where } = trainee;
  checkOptions(where, options, KEYS);
  const { epochs, batchSize, onEpoch, signal } = options;
  if (!Number.isInteger(epochs) || epochs < 1) throw new RangeError(`${where}: epochs must be a positive integer, got ${epochs}`);
  const source = dataSource(where, data, batchSize);
  const datasetSize = trainee.datasetSize ?? source.size ?? undefined;
  if (datasetSize === undefined) {
    throw new Error(
      `${where}: the number of data is not known from an iterable or dataset, but the log-likelihood of a batch must be scaled to it; ` +
        'give the likelihood a datasetSize',
    );
  }
  const svi = trainee.trainer.svi(options);
  svi.review();
  // In a browser the handlers in force are forgotten at the first `await`.
  const stack = currentStack();
  const shuffling = randomStream('bnn.fit');
  const sink = progressSink(options);
  const breath = new Breath();
  const step = async ({ x, y, dispose }: StepData): Promise<number> => {
    try {
      return await withStack(stack, () => svi.step(x, y, datasetSize));
    } finally {
      dispose();
    }
  };
  const losses: number[] = [];
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      let total = 0;
      let count = 0;
      for await (const batch of source.epoch(shuffling.split())) {
        signal?.throwIfAborted();
        total += await step(batch);
        count++;
        await breath.take();
      }
      if (count === 0) throw noData(where, epoch);
      const loss = total / count;
      losses.push(loss);
      sink.update({ label: 'fit', current: epoch + 1, total: epochs, metrics: { loss } });
      if ((await onEpoch?.({ epoch, loss, elbo: -loss })) === 'stop') break;
    }
  } finally {
    sink.finish();
  }
  return { losses };
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
