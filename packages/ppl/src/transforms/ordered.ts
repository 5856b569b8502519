/** @file From real vectors to vectors in ascending order. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { realVector } from '../constraints/real.ts';
import { ordered as orderedVectors, positiveOrdered as positiveOrderedVectors } from '../constraints/vectors.ts';
import type { Shape } from '../util/shape.ts';
import { precision } from './edges.ts';
import type { Transform } from './transform.ts';

/**
 * The first element is x₁ (or exp(x₁) if all are to be positive), each later one exceeds its predecessor by exp(x_k).
 *
 * Source: Stan Reference Manual, "Ordered vector".
 */
export class OrderedTransform implements Transform {
  readonly name: string;
  readonly domain: Constraint = realVector;
  readonly codomain: Constraint;
  readonly isPositive: boolean;

  constructor(isPositive: boolean) {
    this.name = isPositive ? 'positiveOrdered' : 'ordered';
    this.codomain = isPositive ? positiveOrderedVectors : orderedVectors;
    this.isPositive = isPositive;
  }

  forward(x: Tensor): Tensor {
    return tf.tidy(() => {
      const [first, rest] = split(x);
      const start = this.isPositive ? tf.exp(first) : first;
      const gaps = tf.exp(rest);
      // Gaps that rounding would lose beside the elements they separate are held at two units in the last place.
      const magnitudes = tf.add(tf.abs(start), tf.cumsum(gaps, gaps.rank - 1));
      const visible = tf.maximum(gaps, tf.mul(magnitudes, 2 * precision().epsilon));
      return tf.cumsum(tf.concat([start, visible], -1), x.rank - 1);
    });
  }

  inverse(y: Tensor): Tensor {
    return tf.tidy(() => {
      const [first, rest] = split(y);
      const predecessors = tf.slice(y, y.shape.map(() => 0), rest.shape);
      return tf.concat([this.isPositive ? tf.log(first) : first, tf.log(tf.sub(rest, predecessors))], -1);
    });
  }

  /** The Jacobian is triangular, with the exponentials on its diagonal. */
  logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => tf.sum(this.isPositive ? x : split(x)[1], -1));
  }

  forwardShape(shape: Shape): number[] {
    return [...shape];
  }

  inverseShape(shape: Shape): number[] {
    return [...shape];
  }
}

/** The first element, and all others. */
function split(x: Tensor): [first: Tensor, rest: Tensor] {
  const batch = x.shape.slice(0, -1);
  const start = batch.map(() => 0);
  return [tf.slice(x, [...start, 0], [...batch, 1]), tf.slice(x, [...start, 1])];
}

/** From `[..., K]` real numbers to vectors in strictly ascending order. */
export const ordered: Transform = new OrderedTransform(false);

/** From `[..., K]` real numbers to vectors of positive numbers in strictly ascending order. */
export const positiveOrdered: Transform = new OrderedTransform(true);
