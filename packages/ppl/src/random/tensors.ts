/**
 * @file The one gate through which randomness becomes tensors: float32 values that lie strictly inside open supports even
 * after rounding. No function here is differentiable; each returns a new tensor and leaves no other. In a function that is
 * being compiled, draws become inputs of the program; none can depend on what is not known yet.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { fillNoise, isTraced, TraceError } from '@tychejs/jit';
import type { NoiseKind } from '@tychejs/jit';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, format, sizeOf } from '../util/shape.ts';
import { drawBinomial } from './binomial.ts';
import { drawn } from './drawn.ts';
import { drawGamma, drawLogGamma } from './gamma.ts';
import { drawPoisson } from './poisson.ts';
import type { RandomStream } from './stream.ts';
import { drawVonMises } from './vonMises.ts';

/** The smallest normal float32: what positive draws that would round to zero become. */
const TINY = 2 ** -126;

/** Standard normal draws. */
export function normalTensor(stream: RandomStream, shape: Shape): Tensor {
  return noise('normal', stream, shape);
}

/** Draws from the uniform distribution on (0, 1): odd multiples of 2^-24, all exact in float32 and none 0 or 1. */
export function uniformTensor(stream: RandomStream, shape: Shape): Tensor {
  return noise('uniform', stream, shape);
}

/** Standard exponential draws, > 0. */
export function exponentialTensor(stream: RandomStream, shape: Shape): Tensor {
  return noise('exponential', stream, shape);
}

/** Draws from Gamma(alpha, 1), > 0, one for each entry of `alpha`; NaN where alpha is not > 0. */
export function gammaTensor(stream: RandomStream, alpha: Tensor): Tensor {
  return mapped('gamma', stream, alpha, (from, a) => atLeastTiny(drawGamma(from, a)));
}

/** The logarithms of draws from Gamma(alpha, 1), one for each entry of `alpha`; they do not underflow for small alpha. */
export function logGammaTensor(stream: RandomStream, alpha: Tensor): Tensor {
  return mapped('logGamma', stream, alpha, (from, a) => drawLogGamma(from, a));
}

/** Poisson draws, one for each entry of `rate`; exact but for float32's rounding of counts above 2^24. */
export function poissonTensor(stream: RandomStream, rate: Tensor): Tensor {
  return mapped('poisson', stream, rate, (from, r) => drawPoisson(from, r));
}

/**
 * Binomial draws, one for each entry of `totalCount` and `probs`, which must have one shape; exact but for float32's
 * rounding of counts above 2^24.
 */
export function binomialTensor(stream: RandomStream, totalCount: Tensor, probs: Tensor): Tensor {
  const shape = broadcastShapes(totalCount.shape, probs.shape);
  if (totalCount.size !== probs.size || sizeOf(shape) !== probs.size) {
    throw new Error(
      `binomialTensor: totalCount ${format(totalCount.shape)} and probs ${format(probs.shape)} must have one shape`,
    );
  }
  const counts = read('binomial', totalCount);
  return mapped('binomial', stream, probs, (from, p, i) => drawBinomial(from, counts[i] as number, p));
}

/** Von Mises draws in [-π, π], one for each entry of `loc` and `concentration`, which must have one shape. */
export function vonMisesTensor(stream: RandomStream, loc: Tensor, concentration: Tensor): Tensor {
  const means = read('vonMises', loc);
  return mapped('vonMises', stream, concentration, (from, kappa, i) => {
    const angle = (means[i] as number) + drawVonMises(from, kappa);
    return Math.atan2(Math.sin(angle), Math.cos(angle));
  });
}

/** Zeros and ones (float32), one with each probability of `probs`. */
export function bernoulliTensor(stream: RandomStream, probs: Tensor): Tensor {
  return mapped('bernoulli', stream, probs, (from, p) => (Number.isNaN(p) ? p : from.uniform() < p ? 1 : 0));
}

/** The unnormalised weights that {@link categoricalTensor} takes: as they are, or as their logarithms. */
export type CategoricalWeights = { readonly probs: Tensor } | { readonly logits: Tensor };

/**
 * Indices of categories (int32, so that they can be passed to `tf.gather`), drawn with weights along the last axis: from
 * weights of shape [...batch, categories], indices of shape [...sampleShape, ...batch]. A category of weight 0 is never
 * drawn.
 *
 * @throws Error when the weights of a draw are negative, NaN, infinite or all zero.
 */
export function categoricalTensor(stream: RandomStream, weights: CategoricalWeights, sampleShape: Shape = []): Tensor {
  const source = 'probs' in weights ? weights.probs : weights.logits;
  const categories = source.shape.at(-1) ?? 0;
  const batch = source.shape.slice(0, -1);
  const tables = cumulative(read('categorical', source), categories, 'logits' in weights);
  const rows = sizeOf(batch);
  return drawn('categorical', stream, { shape: [...sampleShape, ...batch], dtype: 'int32' }, (from, values) => {
    for (let i = 0; i < values.length; i++) {
      const start = (i % rows) * categories;
      const target = from.uniform() * (tables[start + categories - 1] as number);
      values[i] = search(tables, start, categories, target);
    }
  });
}

/** Running sums of each row's weights, in float64. */
function cumulative(source: ArrayLike<number>, categories: number, areLogits: boolean): Float64Array {
  const tables = new Float64Array(source.length);
  for (let start = 0; start < source.length; start += categories) {
    let largest = -Infinity;
    for (let k = start; areLogits && k < start + categories; k++) largest = Math.max(largest, source[k] as number);
    let sum = 0;
    for (let k = start; k < start + categories; k++) {
      const value = source[k] as number;
      const weight = areLogits ? Math.exp(value - largest) : value;
      if (!(weight >= 0)) throw new Error(`categoricalTensor: ${areLogits ? 'logit' : 'weight'} ${value} in row ${start / categories}`);
      sum += weight;
      tables[k] = sum;
    }
    if (!(sum > 0 && sum < Infinity)) throw new Error(`categoricalTensor: weights of row ${start / categories} sum to ${sum}`);
  }
  return tables;
}

/** The first category whose running sum exceeds `target`, which lies below the last running sum but for rounding. */
function search(tables: Float64Array, start: number, categories: number, target: number): number {
  let low = 0;
  let high = categories - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tables[start + middle] as number) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

function atLeastTiny(x: number): number {
  return x < TINY ? TINY : x;
}

function noise(kind: NoiseKind, stream: RandomStream, shape: Shape): Tensor {
  const fill = (from: RandomStream, values: Float32Array | Int32Array): void => fillNoise(kind, ...from.key, values as Float32Array);
  return drawn(kind, stream, { shape, dtype: 'float32', noise: kind }, fill);
}

function mapped(
  label: string,
  stream: RandomStream,
  parameter: Tensor,
  draw: (from: RandomStream, parameter: number, index: number) => number,
): Tensor {
  // A copy, for draws that are made again after the parameter is gone.
  const parameters = read(label, parameter).slice();
  return drawn(label, stream, { shape: parameter.shape, dtype: 'float32' }, (from, values) => {
    for (let i = 0; i < values.length; i++) values[i] = draw(from, parameters[i] as number, i);
  });
}

/** The values of a parameter, which must be known. */
function read(label: string, parameter: Tensor): tf.TypedArray {
  if (isTraced(parameter)) {
    throw new TraceError(
      `a ${label} draw needs the value of its parameter of shape ${format(parameter.shape)}, which depends on an argument of the ` +
        `function that is being compiled and is not known yet. Condition or substitute the site that draws, or draw outside of ` +
        `the function and pass the result in.`,
    );
  }
  return parameter.dataSync();
}
