/** @file Quantiles of sites, from those of their coordinates in unconstrained space. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { IndependentConstraint } from '../../constraints/independent.ts';
import type { GuideSite } from './guideSite.ts';

/** @throws RangeError for a probability outside of (0, 1). */
export function checkProbabilities(where: string, qs: readonly number[]): void {
  for (const q of qs) if (!(q > 0 && q < 1)) throw new RangeError(`${where}: quantiles must lie in (0, 1), got ${q}`);
}

/**
 * The quantiles of a site: exact for each number by itself where the bijection treats numbers by themselves; for a simplex and
 * the like, whose elements hang together, the image of the coordinates' quantiles.
 *
 * @param unconstrained - the quantiles of the site's coordinates, `[qs.length, ...site.unconstrainedShape]`.
 * @param opposite - those for 1 - q.
 * @returns shape `[qs.length] + site.shape`.
 */
export function quantilesOfSite({ transform, support }: GuideSite, qs: readonly number[], unconstrained: Tensor, opposite: Tensor): Tensor {
  const values = transform.forward(unconstrained);
  const base = support instanceof IndependentConstraint ? support.base : support;
  if (base.eventDim > 0) return values;
  // The transform may turn numbers round, as that onto what lies below a bound does.
  const others = transform.forward(opposite);
  const isLow = tf.reshape(tf.tensor1d(qs.map((q) => q < 0.5), 'bool'), [qs.length, ...values.shape.slice(1).map(() => 1)]);
  return tf.where(tf.broadcastTo(isLow, values.shape), tf.minimum(values, others), tf.maximum(values, others));
}
