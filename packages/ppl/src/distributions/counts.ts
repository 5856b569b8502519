/** @file Listing counts. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '../util/shape.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/**
 * The values 0, 1, ..., totalCount in front of a batch shape.
 *
 * @throws Error when `totalCount` is not the same everywhere.
 */
export function countUpTo(family: string, totalCount: Parameter, batchShape: Shape): Tensor {
  return tf.tidy(() => {
    const totals = asTensor(totalCount).dataSync();
    const [total = 0] = totals;
    if (totals.some((other) => other !== total)) {
      throw new Error(`${family}: its support cannot be enumerated, as totalCount differs between batch elements`);
    }
    const values = tf.reshape(tf.range(0, total + 1), [total + 1, ...batchShape.map(() => 1)]);
    return tf.broadcastTo(values, [total + 1, ...batchShape]);
  });
}
