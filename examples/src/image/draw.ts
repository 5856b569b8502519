/** @file What the network makes of the whole image: mean and standard deviation over draws of its weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { DropInBNN } from '@tychejs/bnn';

/** For each pixel. */
export interface Drawn {
  readonly mean: readonly number[];
  readonly sd: readonly number[];
}

/** @param features - `[pixel, feature]`. @param draws - how many; for a network without a guide, one is enough. */
export function drawImage(bnn: DropInBNN, features: tf.Tensor2D, draws: number): Drawn {
  const count = features.shape[0];
  const [sums, squares] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < draws; i++) {
    const values = tf.tidy(() => bnn.forward(features, { training: false }).dataSync());
    values.forEach((value, k) => {
      sums[k] = (sums[k] ?? 0) + value;
      squares[k] = (squares[k] ?? 0) + value ** 2;
    });
  }
  const mean = Array.from(sums, (sum) => sum / draws);
  return { mean, sd: Array.from(squares, (sum, k) => Math.sqrt(Math.max(0, sum / draws - (mean[k] ?? 0) ** 2))) };
}
