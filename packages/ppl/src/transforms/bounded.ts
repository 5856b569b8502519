/** @file From the real line to intervals with one bound or two. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { greaterThan, interval, lessThan, unitInterval } from '../constraints/interval.ts';
import { real } from '../constraints/real.ts';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor, describe } from '../distributions/parameter.ts';
import { exact } from '../ops/exact.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { justAbove, justBelow } from './edges.ts';
import type { Transform } from './transform.ts';
import { ElementwiseTransform, widen } from './transform.ts';

/** y = bound ± exp(x), kept strictly beyond the bound. */
export class HalfLineTransform extends ElementwiseTransform {
  override readonly name: string;
  override readonly domain: Constraint = real;
  override readonly codomain: Constraint;
  readonly bound: Parameter;
  readonly isAbove: boolean;

  constructor(bound: Parameter, isAbove: boolean) {
    super();
    this.codomain = isAbove ? greaterThan(bound) : lessThan(bound);
    this.name = `biject(${this.codomain.name})`;
    this.bound = bound;
    this.isAbove = isAbove;
  }

  override forward(x: Tensor): Tensor {
    return tf.tidy(() => {
      const bound = asTensor(this.bound);
      if (this.isAbove) return tf.maximum(tf.add(bound, tf.exp(x)), exact(justAbove(this.bound)));
      return tf.minimum(tf.sub(bound, tf.exp(x)), exact(justBelow(this.bound)));
    });
  }

  override inverse(y: Tensor): Tensor {
    const bound = this.bound;
    return tf.tidy(() => tf.log(this.isAbove ? tf.sub(y, asTensor(bound)) : tf.sub(asTensor(bound), y)));
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => tf.clone(widen(x, this.forwardShape(x.shape))));
  }

  override forwardShape(shape: Shape): number[] {
    return broadcastShapes(shape, shapeOf(this.bound));
  }

  override inverseShape(shape: Shape): number[] {
    return this.forwardShape(shape);
  }
}

/** y = lower + (upper - lower) · sigmoid(x), kept strictly between the bounds. */
export class LogisticTransform extends ElementwiseTransform {
  override readonly name: string;
  override readonly domain: Constraint = real;
  override readonly codomain: Constraint;
  readonly lower: Parameter;
  readonly upper: Parameter;

  constructor(lower: Parameter, upper: Parameter) {
    super();
    this.name = lower === 0 && upper === 1 ? 'sigmoid' : `biject(interval(${describe(lower)}, ${describe(upper)}))`;
    this.codomain = lower === 0 && upper === 1 ? unitInterval : interval(lower, upper);
    this.lower = lower;
    this.upper = upper;
  }

  override forward(x: Tensor): Tensor {
    return tf.tidy(() => {
      const { lower, upper } = this;
      const portion = tf.sigmoid(x);
      if (typeof lower === 'number' && typeof upper === 'number') {
        const y = lower === 0 && upper === 1 ? portion : tf.add(tf.mul(portion, exact(upper - lower)), exact(lower));
        return tf.clipByValue(y, justAbove(lower) as number, justBelow(upper) as number);
      }
      const y = tf.add(tf.mul(portion, tf.sub(asTensor(upper), asTensor(lower))), asTensor(lower));
      return tf.minimum(tf.maximum(y, exact(justAbove(lower))), exact(justBelow(upper)));
    });
  }

  override inverse(y: Tensor): Tensor {
    return tf.tidy(() => tf.sub(tf.log(tf.sub(y, asTensor(this.lower))), tf.log(tf.sub(asTensor(this.upper), y))));
  }

  /** log(upper - lower) + log sigmoid(x) + log sigmoid(-x), where the last two are x - 2 softplus(x). */
  override logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => {
      const { lower, upper } = this;
      const slope = tf.sub(x, tf.mul(tf.softplus(x), 2));
      if (typeof lower === 'number' && typeof upper === 'number') {
        return upper - lower === 1 ? slope : tf.add(slope, exact(Math.log(upper - lower)));
      }
      const change = tf.add(slope, tf.log(tf.sub(asTensor(upper), asTensor(lower))));
      return widen(change, this.forwardShape(x.shape));
    });
  }

  override forwardShape(shape: Shape): number[] {
    return broadcastShapes(shape, shapeOf(this.lower), shapeOf(this.upper));
  }

  override inverseShape(shape: Shape): number[] {
    return this.forwardShape(shape);
  }
}

/** y = 1 / (1 + exp(-x)), kept strictly inside of (0, 1). */
export const sigmoid: Transform = new LogisticTransform(0, 1);
