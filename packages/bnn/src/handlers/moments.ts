/** @file Mean and variance of weights that are independent normal variables. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist } from '@tychejs/ppl';

export interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** The distribution of each element, if all are independent and normal; else `null`. */
export function independentNormal(distribution: dist.Distribution | null): dist.Normal | null {
  const elementwise = distribution instanceof dist.Independent ? distribution.base : distribution;
  return elementwise instanceof dist.Normal ? elementwise : null;
}

/** Mean and variance, each of `shape`. */
export function momentsOf({ loc, scale }: dist.Normal, shape: readonly number[]): Moments {
  return { mean: filled(loc, shape), variance: tf.square(filled(scale, shape)) };
}

function filled(parameter: dist.Parameter, shape: readonly number[]): Tensor {
  if (parameter instanceof tf.Tensor && parameter.shape.join() === shape.join()) return parameter;
  return tf.broadcastTo(parameter as Tensor, [...shape]);
}
