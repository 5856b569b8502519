/** @file What stands behind the tensors of a trace. */
import * as tf from '@tensorflow/tfjs-core';
import { exact } from '../graph/evaluate/rounding.ts';
import type { NodeId, Shape } from '../graph/node.ts';
import { Frame } from './frame.ts';

/** What tfjs notes of the data of a tensor. */
type TensorInfo = NonNullable<ReturnType<Books['get']>>;

/** Where tfjs notes it. */
type Books = ReturnType<typeof tf.engine>['state']['tensorInfo'];

/** The data of a tensor: numbers as tfjs wrote them, or a node, or both. To tfjs it is its own data id. */
export class Entry {
  /** Which trace made it: entries that a trace kept outlive it, on other backends. */
  readonly owner: object;
  readonly shape: Shape;
  readonly dtype: tf.DataType;
  readonly values: tf.backend_util.BackendValues | null;
  /** In the graph of `frame`. */
  node: NodeId | null;
  frame: Frame;
  /** By how many tensors it is held. */
  refCount: number = 1;
  /** What tfjs notes of it. */
  info: TensorInfo | undefined = undefined;

  constructor(
    owner: object,
    { shape, dtype }: Pick<Entry, 'shape' | 'dtype'>,
    values: tf.backend_util.BackendValues | null,
    node: NodeId | null,
    frame: Frame,
  ) {
    this.owner = owner;
    this.shape = shape;
    this.dtype = dtype;
    this.values = values;
    this.node = node;
    this.frame = frame;
  }

  /** Lets go of the trace, which may hold much that only it needs. */
  outlive(): void {
    this.info = undefined;
    this.node = null;
    this.frame = new Frame(null, exact);
  }

  /** Whether it depends on the inputs of the trace. */
  isTraced(): boolean {
    return this.node !== null && !this.frame.graph.isConstant(this.node);
  }
}

/**
 * tfjs's books during a trace. A weak map of as many entries as a long trace has takes a quarter of its time, most of it
 * the garbage collector's; so what is noted of an entry is noted on it.
 */
export class TraceBooks extends WeakMap<object, TensorInfo> {
  readonly #owner: object;
  readonly #outer: Books;

  /**
   * @param owner - whose entries these are.
   * @param outer - the books of everything else.
   */
  constructor(owner: object, outer: Books) {
    super();
    this.#owner = owner;
    this.#outer = outer;
  }

  override get(dataId: object): TensorInfo | undefined {
    return this.#isOwn(dataId) ? dataId.info : this.#outer.get(dataId);
  }

  override has(dataId: object): boolean {
    return this.#isOwn(dataId) ? dataId.info !== undefined : this.#outer.has(dataId);
  }

  override set(dataId: object, info: TensorInfo): this {
    if (this.#isOwn(dataId)) dataId.info = info;
    else this.#outer.set(dataId, info);
    return this;
  }

  override delete(dataId: object): boolean {
    if (!this.#isOwn(dataId)) return this.#outer.delete(dataId);
    const had = dataId.info !== undefined;
    dataId.info = undefined;
    return had;
  }

  #isOwn(dataId: object): dataId is Entry {
    return dataId instanceof Entry && dataId.owner === this.#owner;
  }
}

/**
 * A tensor saved for a gradient: the same to the tape as the one that it was made from, but on nobody's books, and never
 * disposed of. tfjs saves copies by running a kernel, which is half of all kernels and notes on the tape.
 */
export class SavedTensor extends tf.Tensor {
  constructor({ shape, dtype, dataId, id }: tf.Tensor) {
    super(shape, dtype, dataId, id);
  }

  override dispose(): void {}
}
