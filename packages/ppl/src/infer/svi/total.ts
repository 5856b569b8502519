/** @file Sums over a site's log-densities, with as few operations as its scale and mask allow. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { SampleSite } from '../../runtime/site.ts';

/** The sum of a site's log-densities, scaled and masked; `null` stands for zero. */
export function totalLogProb(site: SampleSite): Scalar | null {
  return scaledTotal(site, () => site.unscaledLogProb, () => site.logProb);
}

/**
 * The sum over the elements of a quantity that belongs to `site`.
 *
 * @param unscaled - the elements, before scale and mask.
 * @param weighed - the elements with scale and mask, asked for only if these are not the same for all of them.
 */
export function scaledTotal(
  { scale, mask }: Pick<SampleSite, 'scale' | 'mask'>,
  unscaled: () => Tensor,
  weighed: () => Tensor,
): Scalar | null {
  if (mask === false) return null;
  if (mask instanceof tf.Tensor || typeof scale !== 'number') return sumOf(weighed());
  const sum = sumOf(unscaled());
  return scale === 1 ? sum : tf.mul(sum, scale);
}

/** The sum of all elements. */
export function sumOf(x: Tensor): Scalar {
  return x.rank === 0 ? (x as Scalar) : tf.sum(x);
}

/** `x` summed over all dimensions but those in `kept` (negative); the others stay, with length one. */
export function sumExcept(x: Tensor, kept: ReadonlySet<number>): Tensor {
  const summed = x.shape.map((_, axis) => axis).filter((axis) => !kept.has(axis - x.rank));
  return summed.length === 0 ? x : tf.sum(x, summed, true);
}

/** The sum of `terms`; `null` stands for zero. */
export function addUp(terms: readonly (Scalar | null)[]): Scalar | null {
  const present = terms.filter((term) => term !== null);
  const [first] = present;
  if (first === undefined) return null;
  return present.length === 1 ? first : tf.addN([...present]);
}

/** `a - b`; `null` stands for zero. */
export function difference(a: Scalar | null, b: Scalar | null): Scalar {
  if (b === null) return a ?? tf.scalar(0);
  return a === null ? tf.neg(b) : tf.sub(a, b);
}
