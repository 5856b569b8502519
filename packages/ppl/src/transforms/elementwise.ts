/** @file Transforms of single numbers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { Interval, positive } from '../constraints/interval.ts';
import { real } from '../constraints/real.ts';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor, describe } from '../distributions/parameter.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { justBelow } from './edges.ts';
import type { Transform } from './transform.ts';
import { ElementwiseTransform, widen } from './transform.ts';

/** The class behind {@link identity}. */
export class IdentityTransform extends ElementwiseTransform {
  override readonly name: string = 'identity';
  override readonly domain: Constraint = real;
  override readonly codomain: Constraint = real;

  override forward(x: Tensor): Tensor {
    return tf.clone(x);
  }

  override inverse(y: Tensor): Tensor {
    return tf.clone(y);
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    return tf.zeros(x.shape);
  }
}

/** The class behind {@link exp}. */
export class ExpTransform extends ElementwiseTransform {
  override readonly name: string = 'exp';
  override readonly domain: Constraint = real;
  override readonly codomain: Constraint = positive;

  override forward(x: Tensor): Tensor {
    return tf.exp(x);
  }

  override inverse(y: Tensor): Tensor {
    return tf.log(y);
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    return tf.clone(x);
  }
}

/** The class behind {@link affine}. */
export class AffineTransform extends ElementwiseTransform {
  override readonly name: string;
  override readonly domain: Constraint = real;
  override readonly codomain: Constraint = real;
  readonly loc: Parameter;
  readonly scale: Parameter;

  constructor(loc: Parameter, scale: Parameter) {
    super();
    this.name = `affine(${describe(loc)}, ${describe(scale)})`;
    this.loc = loc;
    this.scale = scale;
  }

  override forward(x: Tensor): Tensor {
    return tf.tidy(() => tf.add(tf.mul(x, asTensor(this.scale)), asTensor(this.loc)));
  }

  override inverse(y: Tensor): Tensor {
    return tf.tidy(() => tf.div(tf.sub(y, asTensor(this.loc)), asTensor(this.scale)));
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => tf.broadcastTo(tf.log(tf.abs(asTensor(this.scale))), this.forwardShape(x.shape)));
  }

  override forwardShape(shape: Shape): number[] {
    return broadcastShapes(shape, shapeOf(this.loc), shapeOf(this.scale));
  }

  override inverseShape(shape: Shape): number[] {
    return this.forwardShape(shape);
  }
}

/** The class behind {@link softplus}. */
export class SoftplusTransform extends ElementwiseTransform {
  override readonly name: string = 'softplus';
  override readonly domain: Constraint = real;
  override readonly codomain: Constraint = positive;

  override forward(x: Tensor): Tensor {
    return tf.softplus(x);
  }

  override inverse(y: Tensor): Tensor {
    return tf.tidy(() => tf.add(y, tf.log(tf.neg(tf.expm1(tf.neg(y))))));
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => tf.neg(tf.softplus(tf.neg(x))));
  }
}

/** The class behind {@link tanh}. */
export class TanhTransform extends ElementwiseTransform {
  override readonly name: string = 'tanh';
  override readonly domain: Constraint = real;
  override readonly codomain: Constraint = new Interval(-1, 1, true, 'interval(-1, 1)');

  override forward(x: Tensor): Tensor {
    const most = justBelow(1) as number;
    return tf.tidy(() => tf.clipByValue(tf.tanh(x), -most, most));
  }

  override inverse(y: Tensor): Tensor {
    return tf.tidy(() => tf.mul(tf.sub(tf.log1p(y), tf.log1p(tf.neg(y))), 0.5));
  }

  /** log(1 - tanh² x) = 2 (log 2 - x - softplus(-2x)). */
  override logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => tf.mul(tf.sub(tf.sub(Math.LN2, x), tf.softplus(tf.mul(x, -2))), 2));
  }
}

/** The class behind {@link power}. */
export class PowerTransform extends ElementwiseTransform {
  override readonly name: string;
  override readonly domain: Constraint = positive;
  override readonly codomain: Constraint = positive;
  readonly exponent: Parameter;

  constructor(exponent: Parameter) {
    super();
    this.name = `power(${describe(exponent)})`;
    this.exponent = exponent;
  }

  override forward(x: Tensor): Tensor {
    return tf.tidy(() => tf.pow(x, asTensor(this.exponent)));
  }

  override inverse(y: Tensor): Tensor {
    return tf.tidy(() => tf.pow(y, tf.reciprocal(asTensor(this.exponent))));
  }

  /** log |e| + (e - 1) log x. */
  override logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => {
      const exponent = asTensor(this.exponent);
      const change = tf.add(tf.log(tf.abs(exponent)), tf.mul(tf.sub(exponent, 1), tf.log(x)));
      return widen(change, this.forwardShape(x.shape));
    });
  }

  override forwardShape(shape: Shape): number[] {
    return broadcastShapes(shape, shapeOf(this.exponent));
  }

  override inverseShape(shape: Shape): number[] {
    return this.forwardShape(shape);
  }
}

/** y = x. */
export const identity: Transform = new IdentityTransform();

/** y = exp(x). */
export const exp: Transform = new ExpTransform();

/** y = log(1 + exp(x)). */
export const softplus: Transform = new SoftplusTransform();

/** y = tanh(x), kept strictly inside of (-1, 1). */
export const tanh: Transform = new TanhTransform();

/** y = loc + scale · x, with a scale of any sign but zero. */
export function affine(loc: Parameter, scale: Parameter): Transform {
  return new AffineTransform(loc, scale);
}

/** y = x^exponent on the positive numbers, with an exponent of any sign but zero. */
export function power(exponent: Parameter): Transform {
  return new PowerTransform(exponent);
}
