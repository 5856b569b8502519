/** @file Gradients that can themselves be differentiated, for functions whose tfjs gradients cannot. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { sumTo } from '../../ops/elementwise.ts';

/**
 * tfjs writes these gradients in terms of the function's saved output, which the tape of a second derivative does not
 * connect to the input: the result is silently wrong, or an error. Written in terms of the input they are right to every
 * order; the function is evaluated once more on the way back.
 */
export function mendSmoothActivations(): void {
  fromInput(tf.Exp, 'x', (dy, x) => tf.mul(dy, tf.exp(x)));
  fromInput(tf.Tanh, 'x', (dy, x) => tf.mul(dy, tf.sub(1, tf.square(tf.tanh(x)))));
  fromInput(tf.Sigmoid, 'x', (dy, x) => {
    const y = tf.sigmoid(x);
    return tf.mul(dy, tf.mul(y, tf.sub(1, y)));
  });
  fromInput(tf.Elu, 'x', (dy, x) => tf.mul(dy, tf.exp(tf.minimum(x, 0))));
  fromInput(tf.Softmax, 'logits', (dy, logits) => {
    const y = tf.softmax(logits);
    return tf.mul(y, tf.sub(dy, tf.sum(tf.mul(dy, y), -1, true)));
  });
  tf.registerGradient({
    kernelName: tf.Pow,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [base, exponent] = saved as [Tensor, Tensor];
      return {
        a: () => sumTo(tf.mul(dy as Tensor, tf.mul(exponent, tf.pow(base, tf.sub(exponent, 1)))), base.shape),
        b: () => {
          // 0 where the base is not positive, as tfjs has it: the power is not a smooth function of its exponent there.
          const isPositive = tf.greater(base, 0);
          const log = tf.where(isPositive, tf.log(tf.where(isPositive, base, tf.onesLike(base))), tf.zerosLike(base));
          return sumTo(tf.mul(dy as Tensor, tf.mul(tf.pow(base, exponent), log)), exponent.shape);
        },
      };
    },
  });
}

function fromInput(kernelName: string, input: string, gradient: (dy: Tensor, x: Tensor) => Tensor): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: [input],
    gradFunc: (dy, saved) => ({ [input]: () => gradient(dy as Tensor, saved[0] as Tensor) }),
  });
}
