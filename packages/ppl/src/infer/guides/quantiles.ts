/** @file Quantiles of sites, from those of their coordinates in unconstrained space. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { IndependentConstraint } from '../../constraints/independent.ts';
import { describe } from '../../util/describe.ts';
import { sizeOf } from '../../util/shape.ts';
import { SeedHandler } from '../../handlers/seed.ts';
import { RandomStream } from '../../random/stream.ts';
import { sortedQuantile } from '../mcmc/diagnostics/moments.ts';
import type { SiteValues } from './autoGuide.ts';
import { bySite } from './autoGuide.ts';
import type { GuideSite } from './guideSite.ts';

/** @throws TypeError for what is no array; RangeError for a probability outside of (0, 1). */
export function checkProbabilities(where: string, qs: readonly number[]): void {
  if (!Array.isArray(qs)) {
    throw new TypeError(`${where}: quantiles takes an array of probabilities, such as [0.05, 0.5, 0.95]; got ${describe(qs)}`);
  }
  for (const q of qs) if (!(q > 0 && q < 1)) throw new RangeError(`${where}: quantiles must lie in (0, 1), got ${q}`);
}

const NUM_DRAWS = 1000;

/**
 * Quantiles of each element of `sites` over 1,000 draws, the same ones at every call.
 *
 * @returns by site, tensors of shape `[qs.length] + site.shape`.
 */
export function quantilesOfDraws(draw: () => SiteValues, sites: readonly GuideSite[], qs: readonly number[]): SiteValues {
  const stream = RandomStream.fromSeed(0);
  const values = sites.map(({ shape }) => Array.from({ length: sizeOf(shape) }, () => new Float32Array(NUM_DRAWS)));
  for (let k = 0; k < NUM_DRAWS; k++) {
    tf.tidy(() => {
      const drawn = new SeedHandler({ seed: stream.fold(k) }).run(draw);
      sites.forEach(({ name }, i) => drawn[name]?.dataSync().forEach((x, j) => values[i]?.[j]?.fill(x, k, k + 1)));
    });
  }
  const sorted = new Map(sites.map(({ name }, i) => [name, values[i]?.map((element) => element.sort()) ?? []]));
  return bySite(sites, ({ name, shape }) =>
    tf.reshape(tf.tensor(qs.flatMap((q) => (sorted.get(name) ?? []).map((element) => sortedQuantile(element, q)))), [qs.length, ...shape]),
  );
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
