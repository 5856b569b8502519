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
 * @param unconstrainedQuantile - of the site's coordinates: q ↦ shape `site.unconstrainedShape`.
 * @returns shape `[qs.length] + site.shape`.
 */
export function quantilesOfSite(site: GuideSite, qs: readonly number[], unconstrainedQuantile: (q: number) => Tensor): Tensor {
  return tf.stack(qs.map((q) => quantile(site, q, unconstrainedQuantile)));
}

function quantile({ transform, support }: GuideSite, q: number, unconstrainedQuantile: (q: number) => Tensor): Tensor {
  const value = transform.forward(unconstrainedQuantile(q));
  const base = support instanceof IndependentConstraint ? support.base : support;
  if (base.eventDim > 0) return value;
  // The transform may turn numbers round, as that onto what lies below a bound does.
  const opposite = transform.forward(unconstrainedQuantile(1 - q));
  return q < 0.5 ? tf.minimum(value, opposite) : tf.maximum(value, opposite);
}
