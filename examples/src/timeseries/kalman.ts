/** @file The Kalman filter of a local linear trend: what each month is expected to be, given those before. */
import * as tf from '@tensorflow/tfjs-core';
import { ops } from '@tychejs/ppl';

/** Standard deviations of what is added each month to level and slope, and of what is measured besides. */
export interface TrendNoise {
  readonly level: tf.Tensor;
  readonly slope: tf.Tensor;
  readonly measurement: tf.Tensor;
}

/** Level and slope before the first month: independent normals. */
export interface TrendStart {
  readonly level: { readonly mean: number; readonly sd: number };
  readonly slope: { readonly mean: number; readonly sd: number };
}

/**
 * The predictive distribution of each value given the values before it that were measured: normal, of `mean` and `sd`.
 *
 * level' = level + slope + noise, slope' = slope + noise, value = level' + noise. Beyond the last measurement these are forecasts.
 *
 * Source: Durbin and Koopman, "Time Series Analysis by State Space Methods" (2nd edition, 2012), sections 3.2 and 4.3.
 *
 * @param values - `[time]`; any finite number where nothing was measured.
 * @param isMeasured - `[time]`, 1 or 0.
 * @returns `mean` and `sd`, `[time]`.
 */
export function filterTrend(values: tf.Tensor, isMeasured: tf.Tensor, noise: TrendNoise, start: TrendStart): { mean: tf.Tensor; sd: tf.Tensor } {
  const [ofLevel, ofSlope, ofMeasurement] = [tf.square(noise.level), tf.square(noise.slope), tf.square(noise.measurement)];
  // Variances of level and slope, and their covariance.
  const first = { level: start.level.mean, slope: start.slope.mean, p11: start.level.sd ** 2, p12: 0, p22: start.slope.sd ** 2 };
  const [, { mean, variance }] = ops.scan(
    (before, now) => {
      const level = tf.add(before.level, before.slope);
      const p11 = tf.addN([before.p11, tf.mul(2, before.p12), before.p22, ofLevel]);
      const p12 = tf.add(before.p12, before.p22);
      const p22 = tf.add(before.p22, ofSlope);
      const total = tf.add(p11, ofMeasurement);
      // The gains are zero where there is nothing to learn from.
      const [gain1, gain2] = [tf.mul(now.isMeasured, tf.div(p11, total)), tf.mul(now.isMeasured, tf.div(p12, total))];
      const surprise = tf.sub(now.value, level);
      const after = {
        level: tf.add(level, tf.mul(gain1, surprise)),
        slope: tf.add(before.slope, tf.mul(gain2, surprise)),
        p11: tf.sub(p11, tf.mul(gain1, p11)),
        p12: tf.sub(p12, tf.mul(gain1, p12)),
        p22: tf.sub(p22, tf.mul(gain2, p12)),
      };
      return [after, { mean: level, variance: total }];
    },
    first,
    { value: values, isMeasured },
  );
  return { mean, sd: tf.sqrt(variance) };
}
