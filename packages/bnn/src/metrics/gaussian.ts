/** @file Predictions of real numbers, as metrics read them. */
import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '@tychejs/ppl';
import type { Numbers } from './numbers.ts';
import { broadcast, readNumbers } from './numbers.ts';

/** What Gaussian likelihoods predict, and with `df` what `likelihoods.studentT` predicts. */
export interface GaussianNumbers {
  readonly mean: Numbers;
  /** Standard deviations, or scales of t distributions; they broadcast to the shape of the means. */
  readonly scale: Numbers | number;
  /** Degrees of freedom of t distributions. Without them predictions are normal. */
  readonly df?: number | undefined;
}

/** {@link GaussianNumbers}, in row-major order. */
export interface RealPredictions {
  readonly shape: readonly number[];
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  readonly df: number | null;
}

/** Whether predictions are of real numbers. */
export function isGaussian(predictions: unknown): predictions is GaussianNumbers {
  return isRecord(predictions) && 'mean' in predictions && 'scale' in predictions;
}

/** Whether something is an object of named parts, and no numbers. */
export function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof tf.Tensor) && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** @throws TypeError for what are no such predictions; RangeError for scales that are not positive or do not broadcast. */
export function readGaussian(where: string, predictions: GaussianNumbers): RealPredictions {
  if (!isGaussian(predictions)) throw new TypeError(`${where}: predictions must be { mean, scale }, as Gaussian likelihoods give them`);
  checkOptions(where, predictions, ['mean', 'scale', 'df']);
  const mean = readNumbers(where, 'means', predictions.mean);
  const { scale: given, df } = predictions;
  const block = typeof given === 'number' ? { shape: [], values: Float64Array.of(given) } : readNumbers(where, 'scales', given);
  const scale = broadcast(where, 'scales', block, mean.shape);
  const wrong = scale.find((s) => !(s > 0));
  if (wrong !== undefined) throw new RangeError(`${where}: scales must be positive, got ${wrong}`);
  if (df !== undefined && !(df > 0 && Number.isFinite(df))) throw new RangeError(`${where}: df must be positive and finite, got ${df}`);
  return { shape: mean.shape, mean: mean.values, scale, df: df ?? null };
}

/** Targets by how many scales they are off the mean. @throws RangeError when they are of another shape than the means. */
export function standardised(where: string, { shape, mean, scale }: RealPredictions, targets: Numbers): Float64Array {
  const y = readNumbers(where, 'targets', targets);
  if (y.shape.join() !== shape.join()) {
    throw new RangeError(`${where}: means have shape [${shape.join(', ')}], but targets have [${y.shape.join(', ')}]`);
  }
  return y.values.map((value, i) => (value - (mean[i] ?? Number.NaN)) / (scale[i] ?? Number.NaN));
}

/** Standard deviations. @throws RangeError for t distributions that have none. */
export function deviations(where: string, { scale, df }: RealPredictions): Float64Array {
  if (df === null) return scale;
  if (!(df > 2)) throw new RangeError(`${where}: t distributions with df ${df} have no variance; df must be above 2`);
  return scale.map((s) => s * Math.sqrt(df / (df - 2)));
}
