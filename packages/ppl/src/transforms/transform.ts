/** @file What a transform is: a smooth bijection between sets of tensors. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '../util/shape.ts';

/** A bijection x ↦ y with the logarithm of its volume change. All functions are differentiable tfjs code. */
export interface Transform {
  readonly name: string;
  /** Rightmost dimensions of x, and of y, that belong together. */
  readonly domainEventDim: number;
  readonly codomainEventDim: number;
  forward(x: Tensor): Tensor;
  inverse(y: Tensor): Tensor;
  /**
   * log |det dy/dx| at x with y = forward(x).
   *
   * @returns shape `x.shape` without its last `domainEventDim` dimensions.
   */
  logAbsDetJacobian(x: Tensor, y: Tensor): Tensor;
  /** The shape of y for an x of `shape`, and back. */
  forwardShape(shape: Shape): number[];
  inverseShape(shape: Shape): number[];
}
