/** @file How wide guides are at first. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import { asTensor } from '../../distributions/parameter.ts';
import type { GuideSite } from './guideSite.ts';

/** Initial standard deviations in unconstrained space: one for all, or by site, or a function of the site. */
export type InitScale =
  | number
  | Readonly<Record<string, Tensor | TensorLike>>
  | ((site: GuideSite) => Tensor | TensorLike);

const DEFAULT_SCALE = 0.1;

/** The initial standard deviations of one site: shape `site.unconstrainedShape`. */
export function initialScaleOf(site: GuideSite, initScale: InitScale = DEFAULT_SCALE): Tensor {
  const given = typeof initScale === 'function' ? initScale(site) : initScale;
  const ownScale = isRecord(given) ? (given[site.name] ?? DEFAULT_SCALE) : given;
  return tf.broadcastTo(asTensor(ownScale), [...site.unconstrainedShape]);
}

/** @throws RangeError when an option that is one number is not positive. */
export function checkScale(where: string, option: string, scale: unknown): void {
  if (typeof scale === 'number' && !(scale > 0)) throw new RangeError(`${where}: ${option} must be positive, got ${scale}`);
}

function isRecord(value: object | TensorLike): value is Readonly<Record<string, Tensor | TensorLike>> {
  return typeof value === 'object' && !(value instanceof tf.Tensor) && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
