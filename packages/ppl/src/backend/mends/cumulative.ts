/** @file Gradients of products and of running sums and products. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * tfjs's gradient of `prod` calls methods that exist only where all of @tensorflow/tfjs has been imported; that of
 * `cumsum` along any axis but the last comes out transposed, with no error where the shape is square; and `cumprod` has
 * none.
 */
export function mendCumulative(): void {
  tf.registerGradient({
    kernelName: tf.Cumsum,
    gradFunc: (dy, _saved, attrs) => {
      const { axis, exclusive, reverse } = attrs as { axis: number; exclusive?: boolean; reverse?: boolean };
      return { x: () => tf.cumsum(dy as Tensor, axis, exclusive === true, reverse !== true) };
    },
  });
  tf.registerGradient({
    kernelName: tf.Prod,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attrs) => {
      const [x] = saved as [Tensor];
      const axes = tf.util.parseAxisParam((attrs['axis'] as number | number[] | null) ?? x.shape.map((_, i) => i), x.shape);
      const keptShape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      return { x: () => tf.mul(tf.reshape(dy as Tensor, keptShape), productOfOthers(x, axes)) };
    },
  });
  tf.registerGradient({
    kernelName: tf.Cumprod,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attrs) => {
      const [x] = saved as [Tensor];
      const { axis, exclusive, reverse } = attrs as { axis: number; exclusive?: boolean; reverse?: boolean };
      return { x: () => cumprodGradient(dy as Tensor, x, axis, exclusive === true, reverse === true) };
    },
  });
}

/** For each entry the product of the others along `axes`: of those before it times those after it, so that zeros do no harm. */
function productOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const order = [...kept, ...axes];
  const moved = tf.transpose(x, order);
  const rows = tf.reshape(moved, [...kept.map((axis) => x.shape[axis] as number), -1]);
  const last = rows.rank - 1;
  const others = tf.mul(tf.cumprod(rows, last, true, false), tf.cumprod(rows, last, true, true));
  return tf.transpose(tf.reshape(others, moved.shape), tf.backend_util.getUndoAxesPermutation(order));
}

/**
 * Entry j of dx is the sum over i of dy(i) times the derivative of y(i) in x(j): the product of the entries that y(i)
 * takes, without the j-th. All pairs are written out, so that zeros do no harm.
 */
function cumprodGradient(dy: Tensor, x: Tensor, axis: number, exclusive: boolean, reverse: boolean): Tensor {
  const [n] = x.shape.slice(axis) as [number];
  const order = [...x.shape.map((_, i) => i).filter((i) => i !== axis), axis];
  const undo = tf.backend_util.getUndoAxesPermutation(order);
  const rows = tf.reshape(tf.transpose(x, order), [-1, n]);
  const slopes = tf.reshape(tf.transpose(dy, order), [-1, n]);
  // takes[i][k]: whether y(i) takes x(k). Entries that it does not take, and x(j), count as ones.
  const takes = (i: number, k: number): boolean => (reverse ? k > i : k < i) || (!exclusive && k === i);
  const indices = Array.from({ length: n }, (_, i) => i);
  const parts = indices.map((j) => {
    const used = tf.tensor(indices.map((i) => indices.map((k) => takes(i, k) && k !== j)), [n, n], 'bool');
    const factors = tf.where(used, tf.expandDims(rows, 1), tf.ones([n, n]));
    const isTaken = tf.tensor(indices.map((i) => (takes(i, j) ? 1 : 0)));
    return tf.sum(tf.mul(tf.mul(slopes, isTaken), tf.prod(factors, 2)), 1);
  });
  const moved = tf.transpose(x, order).shape;
  return tf.transpose(tf.reshape(tf.stack(parts, 1), moved), undo);
}
