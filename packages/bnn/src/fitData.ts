/** @file The data that networks are fitted to, batch by batch. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { RandomStream } from '@tychejs/ppl';
import type { NetInput } from './lift/net.ts';

/** Inputs and targets of some data. */
export type Batch = readonly [x: NetInput, y: Tensor] | { readonly x: NetInput; readonly y: Tensor } | { readonly xs: NetInput; readonly ys: Tensor };

/** Batches, in the order in which they are to be used; to be gone through once an epoch. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>;

/** What is used of a `tf.data.Dataset`: its iterators' tensors belong to who asks for them. */
export interface DatasetLike {
  iterator(): Promise<{ next(): Promise<{ readonly value: unknown; readonly done?: boolean }> }>;
}

/** All data as two tensors; batches in an array or in anything to iterate over, or a function that makes such; a dataset. */
export type FitData = { readonly x: NetInput; readonly y: Tensor } | Batches | (() => Batches) | DatasetLike;

/** A batch for one step. */
export interface StepData {
  readonly x: NetInput;
  readonly y: Tensor;
  /** Frees what was made for this step only. */
  readonly dispose: () => void;
}

/** Where batches come from. */
export interface DataSource {
  /** Number of data in all, if it is known. */
  readonly size: number | null;
  /** Number of batches in an epoch, if it is known. */
  readonly numBatches: number | null;
  /** The batches of one epoch. @param stream - to shuffle by. */
  epoch(stream: RandomStream): Iterable<StepData> | AsyncIterable<StepData>;
}

const KINDS = '{ x, y } tensors, an array or iterable of batches [x, y], or a tf.data.Dataset';
const keep = (): void => undefined;

/** @throws TypeError when `data` is nothing that networks can be fitted to; Error when it is empty. */
export function dataSource(where: string, data: FitData, batchSize?: number): DataSource {
  if (isTensors(data)) return fromTensors(where, data, batchSize);
  if (batchSize !== undefined) throw new TypeError(`${where}: batchSize is for data given as { x, y }; these data come in batches already`);
  if (typeof data === 'function') return { size: null, numBatches: null, epoch: () => fromBatches(where, data()) };
  if (typeof data !== 'object' || data === null) throw new TypeError(`${where}: data must be ${KINDS}; got ${typeof data}`);
  if ('iterator' in data && typeof data.iterator === 'function') return { size: null, numBatches: null, epoch: () => fromDataset(where, data) };
  if (!(Symbol.iterator in data || Symbol.asyncIterator in data)) throw new TypeError(`${where}: data must be ${KINDS}`);
  const batches = data as Batches;
  if (!Array.isArray(batches)) return { size: null, numBatches: null, epoch: () => fromBatches(where, batches) };
  const size = batches.reduce((total: number, batch: Batch) => total + countOf(where, readBatch(where, batch)), 0);
  return { size, numBatches: batches.length, epoch: () => fromBatches(where, batches) };
}

/**
 * All data as one batch; those that come in batches are joined along their first dimension.
 *
 * @throws what {@link dataSource} throws; Error when there are none.
 */
export async function allData(where: string, data: FitData): Promise<StepData> {
  const batches: StepData[] = [];
  try {
    // In batches as they come, or all at once: nothing is shuffled.
    for await (const batch of dataSource(where, data).epoch(RandomStream.fromSeed(0))) batches.push(batch);
    const [first, ...others] = batches;
    if (first === undefined) throw new Error(`${where}: there are no data`);
    if (others.length === 0) return { ...first, dispose: batches.pop()?.dispose ?? keep };
    return joined(batches);
  } finally {
    for (const { dispose } of batches) dispose();
  }
}

function joined(batches: readonly StepData[]): StepData {
  const whole = tf.tidy(() => {
    const inputs = batches.map(({ x }) => (Array.isArray(x) ? x : [x]));
    const x = (inputs[0] ?? []).map((_, i) => tf.concat(inputs.map((parts) => parts[i] as Tensor)));
    return { x: Array.isArray(batches[0]?.x) ? x : (x[0] as Tensor), y: tf.concat(batches.map(({ y }) => y)) };
  });
  return { ...whole, dispose: () => tf.dispose(whole) };
}

function isTensors(data: unknown): data is { readonly x: NetInput; readonly y: Tensor } {
  return typeof data === 'object' && data !== null && 'x' in data && 'y' in data;
}

/** All at once, or in random order and batches of `batchSize`; the last may be smaller. */
function fromTensors(where: string, data: { readonly x: NetInput; readonly y: Tensor }, batchSize?: number): DataSource {
  const { x, y } = readBatch(where, data);
  const size = countOf(where, { x, y });
  const perBatch = batchSize ?? size;
  if (!Number.isInteger(perBatch) || perBatch < 1) throw new RangeError(`${where}: batchSize must be a positive integer, got ${batchSize}`);
  function* epoch(stream: RandomStream): Generator<StepData> {
    if (perBatch >= size) {
      yield { x, y, dispose: keep };
      return;
    }
    const order = stream.choose(size, size);
    for (let start = 0; start < size; start += perBatch) yield take({ x, y }, order.slice(start, start + perBatch));
  }
  return { size, numBatches: Math.ceil(size / perBatch), epoch };
}

function take({ x, y }: Pick<StepData, 'x' | 'y'>, rows: Int32Array): StepData {
  const part = tf.tidy(() => {
    const indices = tf.tensor1d(rows, 'int32');
    return { x: Array.isArray(x) ? x.map((input) => tf.gather(input, indices)) : tf.gather(x, indices), y: tf.gather(y, indices) };
  });
  return { ...part, dispose: () => tf.dispose(part) };
}

async function* fromBatches(where: string, batches: Batches): AsyncGenerator<StepData> {
  if (typeof batches !== 'object' || batches === null || !(Symbol.iterator in batches || Symbol.asyncIterator in batches)) {
    throw new TypeError(`${where}: the function that gives the data must return something to iterate over`);
  }
  for await (const batch of batches) yield { ...readBatch(where, batch), dispose: keep };
}

async function* fromDataset(where: string, dataset: DatasetLike): AsyncGenerator<StepData> {
  const iterator = await dataset.iterator();
  for (;;) {
    const { value, done } = await iterator.next();
    if (done === true) return;
    yield { ...readBatch(where, value), dispose: () => tf.dispose(value as tf.TensorContainer) };
  }
}

function readBatch(where: string, batch: unknown): Pick<StepData, 'x' | 'y'> {
  const [x, y] = partsOf(batch);
  if (batch instanceof tf.Tensor || x === undefined || y === undefined) {
    throw new TypeError(`${where}: each batch must be [x, y]; got ${batch instanceof tf.Tensor ? 'a tensor. For all data at once pass { x, y }' : describe(batch)}`);
  }
  const inputs: readonly unknown[] = Array.isArray(x) ? x : [x];
  for (const [name, part] of [...inputs.map((input) => ['x', input] as const), ['y', y] as const]) {
    if (!(part instanceof tf.Tensor)) throw new TypeError(`${where}: ${name} must be a tensor, got ${describe(part)}`);
  }
  return { x: x as NetInput, y: y as Tensor };
}

function partsOf(batch: unknown): readonly [unknown?, unknown?] {
  if (Array.isArray(batch)) return batch.length === 2 ? [batch[0], batch[1]] : [];
  if (typeof batch !== 'object' || batch === null) return [];
  if ('xs' in batch && 'ys' in batch) return [batch.xs, batch.ys];
  return isTensors(batch) ? [batch.x, batch.y] : [];
}

/** The number of data in a batch. @throws Error when inputs and targets have different numbers of rows, or none. */
function countOf(where: string, { x, y }: Pick<StepData, 'x' | 'y'>): number {
  const [count = 1] = y.shape;
  const [first] = Array.isArray(x) ? x : [x];
  const uneven = (Array.isArray(x) ? x : [x]).find((input) => (input.shape[0] ?? 1) !== count);
  if (uneven !== undefined) {
    throw new Error(`${where}: x of shape [${uneven.shape.join(', ')}] and y of shape [${y.shape.join(', ')}] have different numbers of rows`);
  }
  if (count === 0 || first === undefined) throw new Error(`${where}: there are no data`);
  return count;
}

function describe(value: unknown): string {
  return Array.isArray(value) ? `an array of length ${value.length}` : typeof value;
}
