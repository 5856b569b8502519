/** @file What a network predicts: moments and functions, as plain numbers. */
import * as tf from '@tensorflow/tfjs-core';
import type { ProbabilisticNet } from '@tychejs/bnn';
import { column } from './data.ts';

/** Of targets, noise included: at each input. */
export interface Moments {
  readonly mean: readonly number[];
  readonly sd: readonly number[];
}

type Gaussian = { readonly mean: tf.Tensor; readonly scale: tf.Tensor };

export function momentsAt(bnn: ProbabilisticNet<Gaussian>, xs: readonly number[], numSamples: number): Moments {
  return tf.tidy(() => {
    const { mean, scale } = bnn.predict(column(xs), { numSamples });
    return { mean: [...mean.dataSync()], sd: [...tf.broadcastTo(scale, mean.shape).dataSync()] };
  });
}

/** @returns `[draw][input]`: the function of each draw, without noise. */
export function functionsAt(bnn: ProbabilisticNet<Gaussian>, xs: readonly number[], numSamples: number): number[][] {
  return tf.tidy(() => {
    const { mean } = bnn.predict(column(xs), { numSamples, aggregate: false });
    const values = mean.dataSync();
    return Array.from({ length: numSamples }, (_, i) => [...values.subarray(i * xs.length, (i + 1) * xs.length)]);
  });
}
