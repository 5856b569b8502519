/** @file Probabilities of several classes, given as such or as logarithms; classes lie along the last dimension. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { logSumExp } from '../ops/logSumExp.ts';
import { xlogy } from '../ops/logs.ts';
import { format, shapeOf } from '../util/shape.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** Splits the shape of a parameter. @throws Error when it has no classes. */
export function classShape(family: string, parameter: Parameter): { batchShape: number[]; numClasses: number } {
  const shape = shapeOf(parameter);
  const numClasses = shape.at(-1) ?? 0;
  if (numClasses === 0) {
    const got = format(shape);
    throw new Error(`${family}: the last dimension of its parameter must be that of the classes, got shape ${got}`);
  }
  return { batchShape: shape.slice(0, -1), numClasses };
}

/** Probabilities, of the parameter's shape. */
export function classProbabilities(isLogits: boolean, parameter: Parameter): Tensor {
  return isLogits ? tf.softmax(asTensor(parameter)) : asTensor(parameter);
}

/** -Σ p log p, of the batch shape; classes of probability zero add nothing. */
export function classEntropy(isLogits: boolean, parameter: Parameter): Tensor {
  const given = asTensor(parameter);
  const probs = classProbabilities(isLogits, given);
  if (!isLogits) return tf.neg(tf.sum(xlogy(probs, probs), -1));
  // log Z - Σ p x, where a class with p = 0 may have x = -Infinity.
  const finite = tf.where(tf.greater(probs, 0), given, 0);
  return tf.sub(logSumExp(given, -1), tf.sum(tf.mul(probs, finite), -1));
}

/** Logarithms of probabilities, of the parameter's shape. */
export function classLogProbabilities(isLogits: boolean, parameter: Parameter): Tensor {
  const given = asTensor(parameter);
  return isLogits ? tf.sub(given, logSumExp(given, -1, true)) : tf.log(given);
}
