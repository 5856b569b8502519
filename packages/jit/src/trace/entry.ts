/** @file What stands behind the tensors of a trace. */
import * as tf from '@tensorflow/tfjs-core';
import type { NodeId, Shape } from '../graph/node.ts';
import type { Frame } from './frame.ts';

/** The data of a tensor: numbers as tfjs wrote them, or a node, or both. To tfjs it is its own data id. */
export class Entry {
  readonly shape: Shape;
  readonly dtype: tf.DataType;
  readonly values: tf.backend_util.BackendValues | null;
  /** In the graph of `frame`. */
  node: NodeId | null;
  frame: Frame;
  /** By how many tensors it is held. */
  refCount: number = 1;

  constructor(shape: Shape, dtype: tf.DataType, values: tf.backend_util.BackendValues | null, node: NodeId | null, frame: Frame) {
    this.shape = shape;
    this.dtype = dtype;
    this.values = values;
    this.node = node;
    this.frame = frame;
  }

  /** Whether it depends on the inputs of the trace. */
  isTraced(): boolean {
    return this.node !== null && !this.frame.graph.isConstant(this.node);
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
