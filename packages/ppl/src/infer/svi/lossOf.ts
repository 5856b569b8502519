/** @file Losses that are plain functions. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar } from '@tensorflow/tfjs-core';
import { lossAndGradients } from './gradients.ts';
import type { Loss, Program } from './loss.ts';

/**
 * A loss as a function: it runs the guide and the model as it likes and returns a scalar, through which gradients flow to
 * the parameters that were read.
 */
export type LossFunction = <A extends unknown[]>(model: Program<A>, guide: Program<A>, args: A) => Scalar;

/**
 * `loss` itself, or the loss that a function computes.
 *
 * @throws TypeError for what is neither; later, when the loss is asked for, unless the function returns a scalar.
 */
export function lossOf(loss: Loss | LossFunction): Loss {
  if (typeof loss === 'object' && loss !== null && typeof loss.lossAndGradients === 'function') return loss;
  if (typeof loss !== 'function' || 'lossAndGradients' in (loss.prototype ?? {})) {
    throw new TypeError(
      'infer.SVI: loss must be an object such as new infer.TraceELBO(), or a function (model, guide, args) => scalar',
    );
  }
  const differentiableLoss: LossFunction = (model, guide, args) => scalar(loss(model, guide, args));
  return {
    differentiableLoss,
    lossAndGradients: (model, guide, args) => lossAndGradients(() => differentiableLoss(model, guide, args)),
    loss: (model, guide, args) => tf.tidy(() => differentiableLoss(model, guide, args)),
  };
}

function scalar(result: unknown): Scalar {
  if (result instanceof tf.Tensor && result.rank === 0) return result as Scalar;
  const got = result instanceof tf.Tensor ? `a tensor of shape [${result.shape.join(', ')}]` : typeof result;
  throw new TypeError(`infer.SVI: the loss function must return a scalar tensor, got ${got}; sum it up with tf.sum`);
}
