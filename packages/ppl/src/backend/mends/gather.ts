/** @file Gradients of looking up and scattering entries. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * tfjs's gradient of a batched `gather` calls methods that exist only where all of @tensorflow/tfjs has been imported, and
 * it hands integer indices a gradient that its own tape then refuses; a sum by segment has none for its ids. `gatherND` and
 * `scatterND`, each other's gradients, have none.
 */
export function mendGather(): void {
  tf.registerGradient({
    kernelName: tf.GatherV2,
    inputsToSave: ['x', 'indices'],
    gradFunc: (dy, saved, attrs) => {
      const [x, indices] = saved as [Tensor, Tensor];
      const axis = tf.util.parseAxisParam((attrs['axis'] as number | undefined) ?? 0, x.shape)[0] as number;
      const batchDims = (attrs['batchDims'] as number | undefined) ?? 0;
      return {
        x: () => gatherGradient(dy as Tensor, x.shape, indices, axis, batchDims),
        indices: () => tf.zeros(indices.shape),
      };
    },
  });
  tf.registerGradient({
    kernelName: tf.GatherNd,
    inputsToSave: ['params', 'indices'],
    gradFunc: (dy, saved) => {
      const [params, indices] = saved as [Tensor, Tensor];
      return {
        params: () => tf.scatterND(indices, dy as Tensor, params.shape),
        indices: () => tf.zeros(indices.shape),
      };
    },
  });
  tf.registerGradient({
    kernelName: tf.ScatterNd,
    inputsToSave: ['indices'],
    gradFunc: (dy, saved) => {
      const [indices] = saved as [Tensor];
      return {
        updates: () => tf.gatherND(dy as Tensor, indices),
        indices: () => tf.zeros(indices.shape),
      };
    },
  });
  tf.registerGradient({
    kernelName: tf.UnsortedSegmentSum,
    inputsToSave: ['segmentIds'],
    gradFunc: (dy, saved, attrs) => {
      const [ids] = saved as [Tensor];
      return {
        x: () => segmentSumGradient(dy as Tensor, ids, attrs['numSegments'] as number),
        segmentIds: () => tf.zeros(ids.shape),
      };
    },
  });
}

/** Every row gets the gradient of its segment; a row with an id outside of 0 .. numSegments - 1 was dropped, and gets none. */
function segmentSumGradient(dy: Tensor, ids: Tensor, numSegments: number): Tensor {
  const zero = tf.scalar(0, 'int32');
  const isKept = tf.logicalAnd(tf.greaterEqual(ids, zero), tf.less(ids, tf.scalar(numSegments, 'int32')));
  const rows = tf.gather(dy, tf.where(isKept, ids, zero));
  const byRow = tf.reshape(isKept, [...ids.shape, ...rows.shape.slice(ids.rank).map(() => 1)]);
  return tf.where(byRow, rows, tf.zerosLike(rows));
}

/**
 * With the looked-up axis in front, each looked-up slice of dy is added to the slice of x that it came from. A batch of
 * look-ups is one long look-up in the batch laid end to end.
 */
function gatherGradient(dy: Tensor, shape: number[], indices: Tensor, axis: number, batchDims: number): Tensor {
  const batch = shape.slice(0, batchDims);
  const outer = shape.slice(batchDims, axis);
  const [size] = shape.slice(axis) as [number];
  const inner = shape.slice(axis + 1);
  const [b, o, i] = [batch, outer, inner].map(tf.util.sizeFromShape) as [number, number, number];
  // dy: [batch, outer, looked up, inner] to [batch, looked up, outer, inner].
  const rows = tf.transpose(tf.reshape(dy, [b, o, -1, i]), [0, 2, 1, 3]);
  const count = rows.shape[1] as number;
  let ids = tf.reshape(tf.cast(indices, 'int32'), [b, count]);
  if (b > 1) ids = tf.add(ids, tf.reshape(tf.range(0, b * size, size, 'int32'), [b, 1]));
  const sums = tf.unsortedSegmentSum(tf.reshape(rows, [b * count, o, i]), tf.reshape(ids, [-1]) as tf.Tensor1D, b * size);
  return tf.reshape(tf.transpose(tf.reshape(sums, [b, size, o, i]), [0, 2, 1, 3]), shape);
}
