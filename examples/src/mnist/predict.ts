/** @file Predictions for many images, a thousand at a time: the inner layers of ten thousand would not fit into memory. */
import * as tf from '@tensorflow/tfjs-core';
import type { ProbabilisticNet } from '@tychejs/bnn';
import { inputsOf, PIXELS, type Images } from './images.ts';

const AT_ONCE = 1000;

/**
 * The logits of each draw, of shape `[numSamples, count, classes]`; the caller frees the tensor.
 *
 * @param inputShape - the shape of an image as the network takes it.
 */
export function predictDraws(
  net: ProbabilisticNet<tf.Tensor>,
  { count, pixels }: Images,
  { inputShape, numSamples }: { readonly inputShape: readonly number[]; readonly numSamples: number },
): tf.Tensor {
  const starts = Array.from({ length: Math.ceil(count / AT_ONCE) }, (_, i) => i * AT_ONCE);
  return tf.tidy(() =>
    tf.concat(
      starts.map((start) => {
        const some = { count: Math.min(AT_ONCE, count - start), pixels: pixels.subarray(start * PIXELS, (start + AT_ONCE) * PIXELS) };
        return tf.tidy(() => net.predict(inputsOf(some, inputShape), { numSamples, aggregate: false }));
      }),
      1,
    ),
  );
}
