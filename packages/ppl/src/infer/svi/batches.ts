/** @file Mini-batches: where the arguments of each step come from. */
import * as tf from '@tensorflow/tfjs-core';

/** Argument tuples of model and guide, one a step, for one pass through the data. */
export type Pass<A extends unknown[]> = Iterable<A> | AsyncIterable<A>;

/**
 * What is used of a `tf.data.Dataset`. Its elements become arguments: `{ xs, ys }` the tuple `[xs, ys]`, an array the tuple
 * that it is, anything else a single argument.
 */
export interface DatasetLike {
  iterator(): Promise<{ next(): Promise<{ readonly value: unknown; readonly done?: boolean }> }>;
}

/**
 * Where batches come from: an array, or anything to iterate over, also asynchronously; a function that makes such for each
 * pass, whose number counts from 0, so that it can shuffle by it; or a `tf.data.Dataset`, whose tensors are disposed
 * after their step.
 */
export type Batches<A extends unknown[]> = Pass<A> | ((pass: number) => Pass<A> | Promise<Pass<A>>) | DatasetLike;

/** The arguments of one step. */
export interface Batch<A extends unknown[]> {
  readonly args: A;
  /** Frees what was made for this step only. */
  dispose(): void;
}

const KINDS = 'an array or iterable of argument tuples, a function that makes one, or a tf.data.Dataset';

/**
 * The batches of one pass after another, without end. Closing it closes the iterator that it has come to.
 *
 * @param where - begins error messages.
 * @throws TypeError when `batches` are none, or a batch is not an array. Error when there are none, or when they cannot be
 * gone through again.
 */
export async function* cycle<A extends unknown[]>(batches: Batches<A>, where: string = 'svi.run'): AsyncGenerator<Batch<A>, never> {
  let total = 0;
  for (let pass = 0; ; pass++) {
    const before = total;
    for await (const batch of onePass(where, batches, pass)) {
      total++;
      yield batch;
    }
    if (total > before) continue;
    if (total === 0) throw new Error(`${where}: batches is empty`);
    throw new Error(
      `${where}: batches ended after ${total} steps and cannot be gone through again; give an array, a function that makes ` +
        `them anew, or an object whose [Symbol.iterator] begins anew, or { steps: ${total} }`,
    );
  }
}

async function* onePass<A extends unknown[]>(where: string, batches: Batches<A>, pass: number): AsyncGenerator<Batch<A>> {
  if (isDataset(batches)) {
    yield* fromDataset(batches);
    return;
  }
  const tuples = typeof batches === 'function' ? await batches(pass) : batches;
  if (!isPass(tuples)) {
    const what = typeof batches === 'function' ? 'the function given as batches must return something to iterate over' : `batches must be ${KINDS}`;
    throw new TypeError(`${where}: ${what}, got ${describe(tuples)}`);
  }
  for await (const args of tuples) {
    if (!Array.isArray(args)) {
      throw new TypeError(`${where}: each of batches must be an array of arguments, such as [x, y]; got ${describe(args)}`);
    }
    yield { args, dispose: () => undefined };
  }
}

async function* fromDataset<A extends unknown[]>(dataset: DatasetLike): AsyncGenerator<Batch<A>> {
  const iterator = await dataset.iterator();
  for (;;) {
    const { value, done } = await iterator.next();
    if (done === true) return;
    yield { args: argumentsOf(value) as A, dispose: () => tf.dispose(value as tf.TensorContainer) };
  }
}

function argumentsOf(element: unknown): unknown[] {
  if (Array.isArray(element)) return element;
  if (typeof element === 'object' && element !== null && 'xs' in element && 'ys' in element) return [element.xs, element.ys];
  return [element];
}

function isDataset(batches: unknown): batches is DatasetLike {
  return typeof batches === 'object' && batches !== null && 'iterator' in batches && typeof batches.iterator === 'function';
}

function isPass(tuples: unknown): tuples is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof tuples === 'object' && tuples !== null && (Symbol.iterator in tuples || Symbol.asyncIterator in tuples);
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? value.constructor.name : String(value);
}
