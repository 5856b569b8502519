/** @file The standard normal and t distributions, at many numbers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist } from '@tychejs/ppl';

/** log √(2π). */
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Log-densities at `z`. @param df - of the t distribution; `null` for the normal one. */
export function logDensities(z: Float64Array, df: number | null): Float64Array {
  if (df === null) return z.map((value) => -0.5 * value * value - HALF_LOG_TWO_PI);
  return valuesOf(() => dist.studentT(df, 0, 1).logProb(float32(z)));
}

/** Distribution functions at `z`; for both tails the small part is accurate. @param df - as above. */
export function distributionFunctions(z: Float64Array, df: number | null): Float64Array {
  return valuesOf(() => (df === null ? dist.normal(0, 1) : dist.studentT(df, 0, 1)).cdf(float32(z)));
}

/** The numbers of a tensor that is computed and forgotten. */
export function valuesOf(compute: () => Tensor): Float64Array {
  let values = new Float64Array();
  tf.tidy(() => {
    values = Float64Array.from(compute().dataSync());
  });
  return values;
}

export function float32(values: Float64Array): Tensor {
  return tf.tensor1d(Float32Array.from(values));
}
