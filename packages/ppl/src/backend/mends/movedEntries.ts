/** @file Gradients of ops that only move entries about. */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** The attributes of a kernel. */
type Attrs = Readonly<Record<string, unknown>>;

/**
 * tfjs has no gradient for strided slices and flips, and a wrong one for mirror padding, which forgets the mirrored
 * copies. Each entry of their output is a copy of one of the input: which one is seen by running them on the entries' own
 * numbers; and the gradient of an entry is the sum over its copies.
 */
export function mendMovedEntries(): void {
  copying(tf.StridedSlice, 'x');
  copying(tf.MirrorPad, 'x');
  copying(tf.FlipLeftRight, 'image');
  copying(tf.Diag, 'x', (x) => tf.diag(x));
  tf.registerGradient({
    kernelName: tf.TopK,
    inputsToSave: ['x'],
    gradFunc: (dys, saved, attrs) => {
      const [x] = saved as [Tensor];
      const { k, sorted } = attrs as { k: number; sorted: boolean };
      const [dy] = dys as Tensor[] as [Tensor];
      const size = x.shape.at(-1) as number;
      return {
        x: () => {
          const { indices } = tf.topk(x, k, sorted);
          return tf.sum(tf.mul(tf.expandDims(dy, -1), tf.oneHot(tf.cast(indices, 'int32'), size)), -2);
        },
      };
    },
  });
}

function copying(kernelName: string, input: string, again?: (x: Tensor) => Tensor): void {
  const run = again ?? ((x: Tensor, attrs: Attrs): Tensor => tf.engine().runKernel(kernelName, { [input]: x }, attrs as {}));
  tf.registerGradient({
    kernelName,
    inputsToSave: [input],
    gradFunc: (dy, saved, attrs) => {
      const [x] = saved as [Tensor];
      return { [input]: () => sumOverCopies(dy as Tensor, x.shape, (numbers) => run(numbers, attrs)) };
    },
  });
}

function sumOverCopies(dy: Tensor, shape: number[], copy: (x: Tensor) => Tensor): Tensor {
  const size = tf.util.sizeFromShape(shape);
  // From 1, so that a 0 stands for an entry that is no copy. Exact in float32 up to 2^24 entries.
  const numbers = tf.reshape(tf.range(1, size + 1), shape);
  const ids = tf.sub(tf.cast(copy(numbers), 'int32'), tf.scalar(1, 'int32'));
  const sums = tf.unsortedSegmentSum(tf.reshape(dy, [-1]), tf.reshape(ids, [-1]) as Tensor1D, size);
  return tf.reshape(sums, shape);
}
