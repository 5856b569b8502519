/** @file Gradients of binary ops whose inputs were broadcast. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { sumTo } from '../../ops/elementwise.ts';

type Gradient = (dy: Tensor, a: Tensor, b: Tensor, attrs: Readonly<Record<string, unknown>>) => Record<'a' | 'b', () => Tensor>;

/**
 * tfjs forgets, for these ops, to sum the gradient over the axes along which an input was broadcast, and then refuses it
 * for its shape.
 */
export function mendBroadcasting(): void {
  summed(tf.Maximum, (dy, a, b) => ({
    a: () => tf.mul(dy, tf.cast(tf.greaterEqual(a, b), 'float32')),
    b: () => tf.mul(dy, tf.cast(tf.less(a, b), 'float32')),
  }));
  summed(tf.Minimum, (dy, a, b) => ({
    a: () => tf.mul(dy, tf.cast(tf.lessEqual(a, b), 'float32')),
    b: () => tf.mul(dy, tf.cast(tf.greater(a, b), 'float32')),
  }));
  summed(tf.SquaredDifference, (dy, a, b) => {
    const slope = (): Tensor => tf.mul(dy, tf.mul(2, tf.sub(a, b)));
    return { a: slope, b: () => tf.neg(slope()) };
  });
  summed(tf.BatchMatMul, (dy, a, b, { transposeA, transposeB }) => {
    // With C = A B: dA = dC B^T and dB = A^T dC, each side transposed again if it came transposed.
    const [isTransposedA, isTransposedB] = [transposeA === true, transposeB === true];
    return {
      a: () => (isTransposedA ? tf.matMul(b, dy, isTransposedB, true) : tf.matMul(dy, b, false, !isTransposedB)),
      b: () => (isTransposedB ? tf.matMul(dy, a, true, isTransposedA) : tf.matMul(a, dy, !isTransposedA, false)),
    };
  });
}

function summed(kernelName: string, gradient: Gradient): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved, attrs) => {
      const [a, b] = saved as [Tensor, Tensor];
      const parts = gradient(dy as Tensor, a, b, attrs);
      return { a: () => sumTo(parts.a(), a.shape), b: () => sumTo(parts.b(), b.shape) };
    },
  });
}
