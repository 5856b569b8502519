/** @file What a transform is: a smooth bijection between sets of tensors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import type { Shape } from '../util/shape.ts';
import { sameShape } from '../util/shape.ts';

/**
 * A bijection x ↦ y with the logarithm of its volume change. All functions are differentiable tfjs code. Batches are
 * handled like elements of batches of distributions: all dimensions left of the event dimensions are independent.
 */
export interface Transform {
  readonly name: string;
  /** The set of all x; `domain.eventDim` rightmost dimensions of x belong together. */
  readonly domain: Constraint;
  /** The set of all y. */
  readonly codomain: Constraint;
  forward(x: Tensor): Tensor;
  inverse(y: Tensor): Tensor;
  /**
   * log |det dy/dx| at x with y = forward(x).
   *
   * @returns shape `x.shape` without its last `domain.eventDim` dimensions (broadcast with tensors that the transform
   * holds).
   */
  logAbsDetJacobian(x: Tensor, y: Tensor): Tensor;
  /** The shape of y for an x of `shape`, and back. */
  forwardShape(shape: Shape): number[];
  inverseShape(shape: Shape): number[];
}

/** A transform of single numbers: what it does to a tensor, it does to each element. */
export abstract class ElementwiseTransform implements Transform {
  abstract readonly name: string;
  abstract readonly domain: Constraint;
  abstract readonly codomain: Constraint;
  abstract forward(x: Tensor): Tensor;
  abstract inverse(y: Tensor): Tensor;
  abstract logAbsDetJacobian(x: Tensor, y: Tensor): Tensor;

  forwardShape(shape: Shape): number[] {
    return [...shape];
  }

  inverseShape(shape: Shape): number[] {
    return [...shape];
  }
}

/** Sums over the rightmost `n` dimensions. */
export function sumRightmost(x: Tensor, n: number): Tensor {
  if (n === 0) return x;
  return tf.sum(x, Array.from({ length: n }, (_, i) => x.rank - n + i));
}

/** `x` broadcast to `shape`; itself if it has that shape already. */
export function widen(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : tf.broadcastTo(x, [...shape]);
}

/** Vectors `[..., n]` as the rows of one matrix. */
export function asRows(x: Tensor): Tensor2D {
  return tf.reshape(x, [-1, x.shape.at(-1) ?? 0]);
}
