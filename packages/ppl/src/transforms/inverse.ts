/** @file A transform read backwards. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import type { Shape } from '../util/shape.ts';
import type { Transform } from './transform.ts';

/** The class behind {@link inverse}. */
export class InverseTransform implements Transform {
  readonly name: string;
  readonly base: Transform;

  constructor(base: Transform) {
    this.name = `inverse(${base.name})`;
    this.base = base;
  }

  get domain(): Constraint {
    return this.base.codomain;
  }

  get codomain(): Constraint {
    return this.base.domain;
  }

  forward(x: Tensor): Tensor {
    return this.base.inverse(x);
  }

  inverse(y: Tensor): Tensor {
    return this.base.forward(y);
  }

  logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    return tf.tidy(() => tf.neg(this.base.logAbsDetJacobian(y, x)));
  }

  forwardShape(shape: Shape): number[] {
    return this.base.inverseShape(shape);
  }

  inverseShape(shape: Shape): number[] {
    return this.base.forwardShape(shape);
  }
}

/** The transform that undoes `transform`. */
export function inverse(transform: Transform): Transform {
  return transform instanceof InverseTransform ? transform.base : new InverseTransform(transform);
}
