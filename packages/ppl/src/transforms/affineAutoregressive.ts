/** @file Each element shifted and stretched by functions of those before it. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { realVector } from '../constraints/real.ts';
import type { Shape } from '../util/shape.ts';
import type { Transform } from './transform.ts';

/**
 * Gives each element of a vector its shift and its log-scale, as functions of the elements before it. (Tensors that it holds
 * should be in ordinary fields, where `tf.tidy` sees them.)
 */
export interface AutoregressiveNetwork {
  /** Of vectors `[..., n]`: shifts and log-scales `[..., n]`. Element i of them may depend on elements j < i only. */
  apply(x: Tensor): { readonly shift: Tensor; readonly logScale: Tensor };
}

/** The class behind {@link affineAutoregressive}. */
export class AffineAutoregressiveTransform implements Transform {
  readonly name: string = 'affineAutoregressive';
  readonly domain: Constraint = realVector;
  readonly codomain: Constraint = realVector;
  readonly network: AutoregressiveNetwork;

  constructor(network: AutoregressiveNetwork) {
    this.network = network;
  }

  forward(x: Tensor): Tensor {
    return tf.tidy(() => {
      const { shift, logScale } = this.network.apply(x);
      return tf.add(tf.mul(x, tf.exp(logScale)), shift);
    });
  }

  /** Element by element: after k turns the first k elements are right, whatever the others were. */
  inverse(y: Tensor): Tensor {
    return tf.tidy(() => {
      let x: Tensor = tf.zerosLike(y);
      for (let turn = 0; turn < (y.shape.at(-1) ?? 0); turn++) {
        const { shift, logScale } = this.network.apply(x);
        x = tf.mul(tf.sub(y, shift), tf.exp(tf.neg(logScale)));
      }
      return x;
    });
  }

  /** The Jacobian is triangular, with the scales on its diagonal. */
  logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => tf.sum(this.network.apply(x).logScale, -1));
  }

  forwardShape(shape: Shape): number[] {
    return [...shape];
  }

  inverseShape(shape: Shape): number[] {
    return [...shape];
  }
}

/**
 * y_i = m_i(x_1 .. x_(i-1)) + exp(s_i(x_1 .. x_(i-1))) x_i: the inverse autoregressive flow. The way forward takes one
 * evaluation of the network, the way back one for each element.
 *
 * Source: Kingma, Salimans, Jozefowicz, Chen, Sutskever and Welling, "Improved variational inference with inverse
 * autoregressive flow" (NeurIPS 2016).
 *
 * @param network - such as {@link MaskedNetwork}.
 */
export function affineAutoregressive(network: AutoregressiveNetwork): Transform {
  return new AffineAutoregressiveTransform(network);
}
