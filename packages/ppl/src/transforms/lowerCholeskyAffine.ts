/** @file y = loc + L x. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { realVector } from '../constraints/real.ts';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor } from '../distributions/parameter.ts';
import { logAbsDetTriangular } from '../ops/cholesky.ts';
import { triangularSolve } from '../ops/triangularSolve.ts';
import type { Shape } from '../util/shape.ts';
import { format, shapeOf } from '../util/shape.ts';
import type { Transform } from './transform.ts';
import { asRows, widen } from './transform.ts';

/** The class behind {@link lowerCholeskyAffine}. */
export class LowerCholeskyAffineTransform implements Transform {
  readonly name: string;
  readonly domain: Constraint = realVector;
  readonly codomain: Constraint = realVector;
  readonly loc: Parameter;
  readonly scaleTril: Parameter;

  constructor(loc: Parameter, scaleTril: Parameter) {
    const [l, s] = [shapeOf(loc), shapeOf(scaleTril)];
    const [n] = l;
    if (n === undefined || l.length !== 1 || s.length !== 2 || s[0] !== n || s[1] !== n) {
      throw new Error(`lowerCholeskyAffine: loc must have shape [n] and scaleTril [n, n], got ${format(l)} and ${format(s)}`);
    }
    this.name = `lowerCholeskyAffine(${n})`;
    this.loc = loc;
    this.scaleTril = scaleTril;
  }

  forward(x: Tensor): Tensor {
    return tf.tidy(() => {
      const product = tf.matMul(asRows(x), asTensor(this.scaleTril), false, true);
      return tf.add(tf.reshape(product, x.shape), asTensor(this.loc));
    });
  }

  inverse(y: Tensor): Tensor {
    return tf.tidy(() => {
      const columns = tf.transpose(asRows(tf.sub(y, asTensor(this.loc))));
      return tf.reshape(tf.transpose(triangularSolve(asTensor(this.scaleTril), columns)), y.shape);
    });
  }

  logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => tf.clone(widen(logAbsDetTriangular(this.scaleTril), x.shape.slice(0, -1))));
  }

  forwardShape(shape: Shape): number[] {
    return [...shape];
  }

  inverseShape(shape: Shape): number[] {
    return [...shape];
  }
}

/**
 * y = loc + L x, which makes of a standard normal vector one with mean `loc` and covariance L Lᵀ.
 *
 * @param loc - `[n]`.
 * @param scaleTril - lower triangular L, `[n, n]`, with no zero on its diagonal.
 * @throws Error when the shapes do not fit.
 */
export function lowerCholeskyAffine(loc: Parameter, scaleTril: Parameter): Transform {
  return new LowerCholeskyAffineTransform(loc, scaleTril);
}
