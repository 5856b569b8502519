/** @file Where guides are at first. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { GuideSite } from './guideSite.ts';

/** The initial value of one site in unconstrained space: shape `site.unconstrainedShape`. */
export function initialLocOf(site: GuideSite): Tensor {
  return tf.tensor(site.initial().unconstrained, [...site.unconstrainedShape]);
}
