/** @file The model: a trend that wanders, seasons that recur, and noise. */
import * as tf from '@tensorflow/tfjs-core';
import { deterministic, dist, sample } from '@tychejs/ppl';
import type { Series } from './data.ts';
import { filterTrend } from './kalman.ts';

/** Waves a year has: of twelve, six and four months. */
const HARMONICS = 3;

/**
 * Statements about the months of `series` in which something was measured. Level and slope of the trend are summed out by the
 * Kalman filter, so that nine numbers are left to sample. `mean` and `sd`, for all months, are those of the next measurement given the
 * ones before it.
 */
export function co2Model({ months, co2 }: Series): void {
  const noise = {
    level: sample('noise.level', dist.halfNormal(0.5)),
    slope: sample('noise.slope', dist.halfNormal(0.05)),
    measurement: sample('noise.measurement', dist.halfNormal(0.5)),
  };
  const waves = sample('waves', dist.normal(0, 3).expand([2 * HARMONICS]).toEvent(1));
  const season = tf.reshape(tf.matMul(seasons(months), tf.reshape(waves, [2 * HARMONICS, 1])), [months.length]);
  const measured = months.flatMap((_, i) => (co2[i] === null ? [] : [i]));
  const values = tf.tensor1d(co2.map((value) => value ?? 0));
  const isMeasured = tf.tensor1d(co2.map((value) => Number(value !== null)));
  // Somewhere near the first measurements, and rising by a part per million in a year, more or less.
  const start = { level: { mean: co2[measured[0] ?? 0] ?? 0, sd: 10 }, slope: { mean: 0.08, sd: 0.1 } };
  const trend = filterTrend(tf.sub(values, season), isMeasured, noise, start);
  const mean = deterministic('mean', tf.add(trend.mean, season));
  const sd = deterministic('sd', trend.sd);
  const rows = tf.tensor1d(measured, 'int32');
  sample('co2', dist.normal(tf.gather(mean, rows), tf.gather(sd, rows)).toEvent(1), { obs: tf.gather(values, rows) });
}

/** Cosines and sines of the time of the year: `[month, wave]`. */
function seasons(months: readonly number[]): tf.Tensor2D {
  const waves = Array.from({ length: HARMONICS }, (_, k) => (2 * Math.PI * (k + 1)) / 12);
  return tf.tensor2d(months.map((month) => waves.flatMap((wave) => [Math.cos(wave * month), Math.sin(wave * month)])));
}
