/** @file Training between two of its epochs, as a file to go on from. */
import { RandomStream } from '@tychejs/ppl';
import type { FileSource, StreamState, optim } from '@tychejs/ppl';
import type { SavedNet } from './netFile.ts';
import { loadNetWith, netToBytes } from './netFile.ts';

/** All that training needs to go on: given to `onCheckpoint`, and taken by `resume`, of `bnn.fit`. */
export interface FitCheckpoint {
  /** Number of epochs done. */
  readonly epoch: number;
  /** The loss of each. */
  readonly losses: readonly number[];
  /** The content of a file, for `resume`. It is a file of the network too, which `bnn.load` takes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How far training has come. */
export interface Training {
  /** Of the epochs done. */
  readonly losses: number[];
  /** Number of steps done. */
  steps: number;
  /** What data are shuffled by, and what the draws of all steps derive from. */
  readonly stream: RandomStream;
}

/** What must be the same when training goes on; `null` for what was not said. */
export type FitSettings = Readonly<Record<string, number | boolean | null>>;

/** What is trained, and by what. */
export interface Trained {
  readonly net: SavedNet;
  readonly optim: optim.Optimizer;
  readonly settings: FitSettings;
}

export async function fitCheckpoint({ losses, steps, stream }: Training, { net, optim, settings }: Trained): Promise<FitCheckpoint> {
  const all = [...losses];
  const training = { losses: Float64Array.from(all), steps, stream: stream.state, settings, optim: optim.getState() };
  return { epoch: all.length, losses: all, bytes: await netToBytes(net, training) };
}

/**
 * Gives network and optimiser what they had when the checkpoint was taken.
 *
 * @returns how far training had come.
 * @throws Error, before anything is changed, when the file is damaged, is of another network, of another kind of optimiser or
 * of other settings.
 */
export async function resumeFrom(source: FileSource, { net, optim, settings }: Trained): Promise<Training> {
  return loadNetWith(source, net, (stored) => {
    const training = readTraining(stored);
    checkSettings(training.settings, settings);
    optim.setState(training.optim);
    return { losses: [...training.losses], steps: training.steps, stream: RandomStream.fromState(training.stream) };
  });
}

interface StoredTraining {
  readonly losses: Float64Array;
  readonly steps: number;
  readonly stream: StreamState;
  readonly settings: FitSettings;
  readonly optim: optim.OptimizerState;
}

function readTraining(stored: unknown): StoredTraining {
  const { losses, steps, stream, settings, optim } = (stored ?? {}) as Partial<StoredTraining>;
  if (stored === undefined || stored === null) throw new Error('it holds a network, but no training to resume; resume takes the bytes that onCheckpoint is given');
  const isWhole = losses instanceof Float64Array && Number.isSafeInteger(steps) && Array.isArray(stream?.key) && isObject(settings) && isObject(optim);
  if (!isWhole) throw new Error('what it says of the training to resume is not whole');
  return stored as StoredTraining;
}

function checkSettings(saved: FitSettings, own: FitSettings): void {
  for (const [name, value] of Object.entries(own)) {
    const before = saved[name] ?? null;
    if (before === value) continue;
    throw new Error(`the checkpoint is of training with ${name} ${show(before)}, but here it is ${show(value)}; pass what was passed then`);
  }
}

function show(value: number | boolean | null): string {
  return value === null ? 'not given' : String(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
