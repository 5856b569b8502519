/** @file Predictions of real numbers, as metrics read them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Numbers } from './numbers.ts';
import { broadcast, readNumbers } from './numbers.ts';

/**
 * Means and standard deviations; these broadcast to the shape of the means. What Gaussian likelihoods predict fits in. The scale of
 * a `studentT` is no standard deviation: multiply it by √(df / (df - 2)) for `gaussianUncertainty`, and take log-likelihoods
 * from the likelihood or `bnn.evaluate`.
 */
export interface GaussianNumbers {
  readonly mean: Numbers;
  readonly scale: Numbers | number;
}

/** Whether predictions are of real numbers. */
export function isGaussian(predictions: Numbers | GaussianNumbers): predictions is GaussianNumbers {
  const isPlain = typeof predictions === 'object' && predictions !== null && !(predictions instanceof tf.Tensor);
  return isPlain && !Array.isArray(predictions) && 'mean' in predictions && 'scale' in predictions;
}

/** Reads means and scales, in row-major order. @throws RangeError for scales that are not positive or do not broadcast. */
export function readGaussian(
  where: string,
  predictions: GaussianNumbers,
): { readonly shape: readonly number[]; readonly mean: Float64Array; readonly scale: Float64Array } {
  if (!isGaussian(predictions)) throw new TypeError(`${where}: predictions must be { mean, scale }, as Gaussian likelihoods give them`);
  const mean = readNumbers(where, 'means', predictions.mean);
  const given = predictions.scale;
  const block = typeof given === 'number' ? { shape: [], values: Float64Array.of(given) } : readNumbers(where, 'scales', given);
  const scale = broadcast(where, 'scales', block, mean.shape);
  const wrong = scale.find((s) => !(s > 0));
  if (wrong !== undefined) throw new RangeError(`${where}: scales must be positive, got ${wrong}`);
  return { shape: mean.shape, mean: mean.values, scale };
}
