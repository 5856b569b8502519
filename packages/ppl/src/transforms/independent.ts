/** @file A transform applied to each of the parts of a larger event. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { independent as independentConstraint } from '../constraints/independent.ts';
import type { Shape } from '../util/shape.ts';
import type { Transform } from './transform.ts';
import { sumRightmost } from './transform.ts';

/** The class behind {@link independent}. */
export class IndependentTransform implements Transform {
  readonly name: string;
  readonly domain: Constraint;
  readonly codomain: Constraint;
  readonly base: Transform;
  readonly reinterpreted: number;

  constructor(base: Transform, reinterpreted: number) {
    this.name = `independent(${base.name}, ${reinterpreted})`;
    this.domain = independentConstraint(base.domain, reinterpreted);
    this.codomain = independentConstraint(base.codomain, reinterpreted);
    this.base = base;
    this.reinterpreted = reinterpreted;
  }

  forward(x: Tensor): Tensor {
    return this.base.forward(x);
  }

  inverse(y: Tensor): Tensor {
    return this.base.inverse(y);
  }

  logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    return tf.tidy(() => sumRightmost(this.base.logAbsDetJacobian(x, y), this.reinterpreted));
  }

  forwardShape(shape: Shape): number[] {
    return this.base.forwardShape(shape);
  }

  inverseShape(shape: Shape): number[] {
    return this.base.inverseShape(shape);
  }
}

/** `transform` on arrays of `n` dimensions more, whose volume changes multiply. */
export function independent(transform: Transform, n: number): Transform {
  return n === 0 ? transform : new IndependentTransform(transform, n);
}
