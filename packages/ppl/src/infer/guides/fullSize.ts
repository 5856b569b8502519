/** @file Subsampled plates in full. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SampleSite } from '../../runtime/site.ts';

/** The value of a site, or its preimage `x` in unconstrained space, repeated along subsampled plates until these are full. */
export function atFullSize({ plates, value, distribution }: SampleSite, x: Tensor): Tensor {
  const batchRank = value.rank - distribution.eventShape.length;
  let result = x;
  for (const { dim, size, subsampleSize } of plates) {
    if (dim === null || size === subsampleSize) continue;
    const indices = Int32Array.from({ length: size }, (_, i) => i % subsampleSize);
    result = tf.gather(result, tf.tensor1d(indices, 'int32'), batchRank + dim);
  }
  return result;
}
