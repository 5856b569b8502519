/** @file The elements of a vector in another order. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { realVector } from '../constraints/real.ts';
import type { Shape } from '../util/shape.ts';
import type { Transform } from './transform.ts';

/** The class behind {@link permutation}. */
export class PermutationTransform implements Transform {
  readonly name: string;
  readonly domain: Constraint = realVector;
  readonly codomain: Constraint = realVector;
  readonly order: readonly number[];
  private readonly undoing: readonly number[];

  constructor(order: readonly number[]) {
    const undoing = order.map((_, i) => order.indexOf(i));
    if (undoing.includes(-1)) {
      throw new RangeError(`permutation: order must have each of 0 .. ${order.length - 1} once, got ${order.join(', ')}`);
    }
    this.name = `permutation(${order.length})`;
    this.order = order;
    this.undoing = undoing;
  }

  forward(x: Tensor): Tensor {
    return tf.tidy(() => tf.gather(x, tf.tensor1d([...this.order], 'int32'), -1));
  }

  inverse(y: Tensor): Tensor {
    return tf.tidy(() => tf.gather(y, tf.tensor1d([...this.undoing], 'int32'), -1));
  }

  logAbsDetJacobian(x: Tensor): Tensor {
    return tf.zeros(x.shape.slice(0, -1));
  }

  forwardShape(shape: Shape): number[] {
    return [...shape];
  }

  inverseShape(shape: Shape): number[] {
    return [...shape];
  }
}

/**
 * y_i = x_(order_i), on vectors.
 *
 * @throws RangeError when `order` is no permutation of 0 .. n - 1.
 */
export function permutation(order: readonly number[]): Transform {
  return new PermutationTransform(order);
}
