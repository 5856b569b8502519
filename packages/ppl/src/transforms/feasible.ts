/** @file Some value of a distribution's support. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution.ts';
import { biject } from './biject.ts';

/**
 * A value inside of the support that stays clear of its edges: the image of zero for a continuous support, a draw for a
 * discrete one. Shape `batchShape + eventShape`.
 */
export function feasibleValue(distribution: Distribution): Tensor {
  if (distribution.isDiscrete) return distribution.sample();
  return tf.tidy(() => {
    const transform = biject(distribution.support);
    const shape = [...distribution.batchShape, ...distribution.eventShape];
    return tf.clone(transform.forward(tf.zeros(transform.inverseShape(shape))));
  });
}
