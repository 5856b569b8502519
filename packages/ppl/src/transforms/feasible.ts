/** @file Some value of a distribution's support. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { IndependentConstraint } from '../constraints/independent.ts';
import { IntegerInterval } from '../constraints/integers.ts';
import { Counts, OneHot } from '../constraints/vectors.ts';
import type { Distribution } from '../distributions/distribution.ts';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor } from '../distributions/parameter.ts';
import { RandomStream } from '../random/stream.ts';
import type { Shape } from '../util/shape.ts';
import { biject, NoBijection } from './biject.ts';

/**
 * A value inside of the support that stays clear of its edges: the image of zero under the bijection onto it, the lowest
 * of a set of integers, all counts in one class, or where there is none of these a draw, always the same. Shape
 * `batchShape + eventShape`.
 */
export function feasibleValue(distribution: Distribution): Tensor {
  return tf.tidy(() => {
    const shape = [...distribution.batchShape, ...distribution.eventShape];
    const set = elementwise(distribution.support);
    if (set instanceof IntegerInterval) return tf.cast(tf.broadcastTo(asTensor(set.lower), shape), distribution.dtype);
    if (set instanceof OneHot) return allInFirst(shape, 1);
    if (set instanceof Counts) return allInFirst(shape, set.total);
    try {
      const transform = biject(distribution.support);
      return tf.clone(transform.forward(tf.zeros(transform.inverseShape(shape))));
    } catch (error) {
      if (error instanceof NoBijection) return distribution.sample([], RandomStream.fromSeed(0));
      throw error;
    }
  });
}

/** Vectors with `total` for their first element, and zeros for the others. */
function allInFirst(shape: Shape, total: Parameter): Tensor {
  const isFirst = tf.oneHot(tf.tensor1d([0], 'int32'), shape.at(-1) ?? 0);
  return tf.broadcastTo(tf.mul(tf.cast(tf.reshape(isFirst, [-1]), 'float32'), tf.expandDims(asTensor(total), -1)), [...shape]);
}

function elementwise(constraint: Constraint): Constraint {
  return constraint instanceof IndependentConstraint ? constraint.base : constraint;
}
