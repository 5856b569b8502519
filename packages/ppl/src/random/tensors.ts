/**
 * @file The one gate through which randomness becomes tensors: float32 values that lie strictly inside open supports even
 * after rounding. No function here is differentiable; each returns a new tensor and leaves no other. In a function that is
 * being compiled, noise becomes inputs of the program, and draws with parameters are functions of noise and parameters, so
 * that the parameters need not be known yet. Eagerly the same functions give the same draws.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { fillNoise, isTraced } from '@tychejs/jit';
import type { NoiseKind } from '@tychejs/jit';
import type { Shape } from '../util/shape.ts';
import { format, sameShape } from '../util/shape.ts';
import type { CategoricalWeights } from './categorical.ts';
import { countCategories, runningSums, searchCategories, tableOf } from './categorical.ts';
import type { DrawKernel } from './drawKernels.ts';
import { bernoulliDraw, binomialDraw, gammaDraw, logGammaDraw, poissonDraw, vonMisesDraw } from './drawKernels.ts';
import { drawn } from './drawn.ts';
import type { RandomStream } from './stream.ts';

/** Standard normal draws. */
export function normalTensor(stream: RandomStream, shape: Shape): Tensor {
  return noise('normal', stream, shape);
}

/** The draws of {@link normalTensor}, as numbers. */
export function normalNumbers(stream: RandomStream, size: number): Float32Array {
  const values = new Float32Array(size);
  fillNoise('normal', ...stream.split().key, values);
  return values;
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
  return keyed(gammaDraw, stream, alpha);
}

/** The logarithms of draws from Gamma(alpha, 1), one for each entry of `alpha`; they do not underflow for small alpha. */
export function logGammaTensor(stream: RandomStream, alpha: Tensor): Tensor {
  return keyed(logGammaDraw, stream, alpha);
}

/** Poisson draws, one for each entry of `rate`; exact but for float32's rounding of counts above 2^24. */
export function poissonTensor(stream: RandomStream, rate: Tensor): Tensor {
  return keyed(poissonDraw, stream, rate);
}

/**
 * Binomial draws, one for each entry of `totalCount` and `probs`, which must have one shape; exact but for float32's
 * rounding of counts above 2^24.
 */
export function binomialTensor(stream: RandomStream, totalCount: Tensor, probs: Tensor): Tensor {
  if (!sameShape(totalCount.shape, probs.shape)) {
    throw new Error(
      `binomialTensor: totalCount ${format(totalCount.shape)} and probs ${format(probs.shape)} must have one shape`,
    );
  }
  return keyed(binomialDraw, stream, totalCount, probs);
}

/** Von Mises draws in [-π, π], one for each entry of `loc` and `concentration`, which must have one shape. */
export function vonMisesTensor(stream: RandomStream, loc: Tensor, concentration: Tensor): Tensor {
  return keyed(vonMisesDraw, stream, loc, concentration);
}

/** Zeros and ones (float32), one with each probability of `probs`. */
export function bernoulliTensor(stream: RandomStream, probs: Tensor): Tensor {
  return keyed(bernoulliDraw, stream, probs);
}

/**
 * Indices of categories (int32, so that they can be passed to `tf.gather`), drawn with weights along the last axis: from
 * weights of shape [...batch, categories], indices of shape [...sampleShape, ...batch]. A category of weight 0 is never
 * drawn.
 *
 * @throws Error when the weights of a draw are negative, NaN, infinite or all zero. Weights that depend on an argument of a
 * function that is being compiled are not known and not looked at.
 */
export function categoricalTensor(stream: RandomStream, weights: CategoricalWeights, sampleShape: Shape = []): Tensor {
  const { source, categories, batch } = tableOf(weights);
  const shape = [...sampleShape, ...batch];
  const sums = isTraced(source) ? null : runningSums(weights);
  return undifferentiated(() => {
    const [u, v] = [uniformTensor(stream, shape), uniformTensor(stream, shape)];
    if (sums === null || isTraced(u)) return countCategories(weights, u, v);
    return tf.tensor(searchCategories(sums, categories, u.dataSync(), v.dataSync()), shape, 'int32');
  });
}

function noise(kind: NoiseKind, stream: RandomStream, shape: Shape): Tensor {
  const fill = (from: RandomStream, values: Float32Array | Int32Array): void => fillNoise(kind, ...from.key, values as Float32Array);
  return drawn(kind, stream, { shape, dtype: 'float32', noise: kind }, fill);
}

/** Draws of the shape of their parameters. */
function keyed(draw: DrawKernel, stream: RandomStream, ...parameters: [Tensor, ...Tensor[]]): Tensor {
  const { shape } = parameters[0];
  return undifferentiated(() => draw(...parameters, uniformTensor(stream, shape), uniformTensor(stream, shape)));
}

/** To differentiation, a function of nothing. */
function undifferentiated(body: () => Tensor): Tensor {
  return tf.customGrad(() => ({ value: body(), gradFunc: () => [] }))();
}
