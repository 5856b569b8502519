/** @file The elements of an array in another shape. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { independent } from '../constraints/independent.ts';
import { real } from '../constraints/real.ts';
import type { Shape } from '../util/shape.ts';
import { format, sameShape, sizeOf } from '../util/shape.ts';
import type { Transform } from './transform.ts';

/** The class behind {@link reshape}. */
export class ReshapeTransform implements Transform {
  readonly name: string;
  readonly domain: Constraint;
  readonly codomain: Constraint;
  readonly from: Shape;
  readonly to: Shape;

  constructor(from: Shape, to: Shape) {
    if (sizeOf(from) !== sizeOf(to)) {
      throw new RangeError(`reshape: arrays of shape ${format(from)} have ${sizeOf(from)} elements, those of shape ${format(to)} have ${sizeOf(to)}`);
    }
    this.name = `reshape(${format(from)} to ${format(to)})`;
    this.domain = independent(real, from.length);
    this.codomain = independent(real, to.length);
    this.from = from;
    this.to = to;
  }

  forward(x: Tensor): Tensor {
    return tf.reshape(x, this.forwardShape(x.shape));
  }

  inverse(y: Tensor): Tensor {
    return tf.reshape(y, this.inverseShape(y.shape));
  }

  logAbsDetJacobian(x: Tensor): Tensor {
    return tf.zeros(x.shape.slice(0, x.rank - this.from.length));
  }

  forwardShape(shape: Shape): number[] {
    return this.replaced(shape, this.from, this.to);
  }

  inverseShape(shape: Shape): number[] {
    return this.replaced(shape, this.to, this.from);
  }

  private replaced(shape: Shape, old: Shape, next: Shape): number[] {
    const split = shape.length - old.length;
    if (split >= 0 && sameShape(shape.slice(split), old)) return [...shape.slice(0, split), ...next];
    throw new Error(`${this.name}: takes shapes that end in ${format(old)}, got ${format(shape)}`);
  }
}

/**
 * The same elements, row by row, in another shape: a vector as a matrix.
 *
 * @param from - the shape of one event of x.
 * @param to - that of y.
 * @throws RangeError when the two have different numbers of elements.
 */
export function reshape(from: Shape, to: Shape): Transform {
  return new ReshapeTransform(from, to);
}
