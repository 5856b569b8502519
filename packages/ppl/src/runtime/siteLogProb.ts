/** @file The log-density of one site, with its scale and mask. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution.ts';
import { exact } from '../ops/exact.ts';
import { feasibleValue } from '../transforms/feasible.ts';
import { broadcastShapes, format, sameShape } from '../util/shape.ts';
import { SiteError } from './siteError.ts';

interface Weighed {
  readonly name: string;
  readonly type: 'sample';
  readonly distribution: Distribution;
  readonly value: Tensor;
  readonly mask: Tensor | boolean | null;
}

/**
 * log p(value), unscaled. Where a tensor mask is false, the value is first replaced by one inside of the support: a NaN
 * there would otherwise reach the gradient, since 0 · NaN is NaN. Where all is masked out, nothing is computed.
 *
 * @throws SiteError around whatever the distribution complains of; when the mask is larger than the site.
 */
export function siteLogDensity(site: Weighed): Tensor {
  refuseLargerMask(site);
  if (site.mask === false) return tf.zeros(broadcastShapes(batchOf(site), site.distribution.batchShape));
  try {
    return tf.tidy(() => site.distribution.logProb(safeValue(site)));
  } catch (error) {
    throw SiteError.at(site, error);
  }
}

/** A column of masks over a row of n data would count each of them n times. */
function refuseLargerMask(site: Weighed): void {
  const { mask, distribution } = site;
  if (!(mask instanceof tf.Tensor)) return;
  const elements = broadcastShapes(batchOf(site), distribution.batchShape);
  const front = elements.length - mask.rank;
  if (front >= 0 && mask.shape.every((size, axis) => size === 1 || size === elements[front + axis])) return;
  throw new SiteError(
    site,
    `its mask has shape ${format(mask.shape)}, but must broadcast to ${format(elements)}, the shape of its batch: an entry for each element`,
  );
}

function batchOf({ distribution, value }: Weighed): number[] {
  return value.shape.slice(0, value.rank - distribution.eventShape.length);
}

function safeValue(site: Weighed): Tensor {
  const { distribution, value, mask } = site;
  if (!(mask instanceof tf.Tensor)) return value;
  const shape = broadcastShapes(mask.shape, batchOf(site), distribution.batchShape);
  const keep = withEventDims(tf.broadcastTo(tf.cast(mask, 'bool'), shape), distribution.eventShape);
  const full = [...shape, ...distribution.eventShape];
  const feasible = tf.cast(tf.broadcastTo(feasibleValue(distribution), full), value.dtype);
  return tf.where(keep, tf.broadcastTo(value, full), feasible);
}

function withEventDims(mask: Tensor, eventShape: readonly number[]): Tensor {
  if (eventShape.length === 0) return mask;
  return tf.broadcastTo(tf.reshape(mask, [...mask.shape, ...eventShape.map(() => 1)]), [...mask.shape, ...eventShape]);
}

/** `scale · logProb` where `mask` holds, zero elsewhere; the result has the shape that all three broadcast to. */
export function scaleAndMask(logProb: Tensor, scale: number | Tensor, mask: Tensor | boolean | null): Tensor {
  if (mask === false) return tf.zeros(logProb.shape);
  return tf.tidy(() => {
    const scaled = typeof scale === 'number' && scale === 1 ? tf.clone(logProb) : tf.mul(logProb, exact(scale));
    if (!(mask instanceof tf.Tensor)) return scaled;
    const shape = broadcastShapes(scaled.shape, mask.shape);
    const wide = sameShape(scaled.shape, shape) ? scaled : tf.broadcastTo(scaled, shape);
    return tf.where(tf.broadcastTo(tf.cast(mask, 'bool'), shape), wide, tf.zerosLike(wide));
  });
}
