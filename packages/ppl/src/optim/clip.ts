/** @file Gradients kept within bounds, whatever the optimiser. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../util/options.ts';
import { within } from './layer.ts';
import type { FusedGradient, Optimizer, ParameterGradient } from './optimizer.ts';
import { checkRange, positive } from './rule.ts';

export interface ClipOptions {
  /** Where all gradients of a step together are longer than this, as one vector, they are scaled down to it. */
  readonly norm?: number;
  /** Every element of a gradient is clipped to [-value, value], after any scaling. */
  readonly value?: number;
}

/**
 * `optimizer` with clipped gradients. The norm is that of all parameters of a step together, as in
 * `torch.nn.utils.clip_grad_norm_`, while Pyro's `clip_args` go by one parameter at a time.
 *
 * Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks" (ICML 2013), algorithm 1.
 *
 * @throws TypeError when neither bound is given, or for unknown options; RangeError for a bound that is not positive.
 */
export function clip(optimizer: Optimizer, options: ClipOptions): Optimizer {
  checkOptions('optim.clip', options, ['norm', 'value']);
  const { norm, value } = options;
  if (norm === undefined && value === undefined) throw new TypeError('optim.clip: give norm, value or both');
  if (norm !== undefined) checkRange('optim.clip', 'norm', norm, positive, 'positive');
  if (value !== undefined) checkRange('optim.clip', 'value', value, positive, 'positive');
  return within(
    { change: (parameters) => clipNumbers(parameters, options), changeFused: (parameters) => clipTensors(parameters, options) },
    optimizer,
  );
}

function clipNumbers(parameters: readonly ParameterGradient[], { norm = Infinity, value = Infinity }: ClipOptions): ParameterGradient[] {
  let sum = 0;
  for (const { gradient } of parameters) for (const g of gradient) sum += g * g;
  const factor = sum > norm * norm ? norm / Math.sqrt(sum) : 1;
  return parameters.map((parameter) => {
    const gradient = parameter.gradient.map((g) => Math.min(value, Math.max(-value, g * factor)));
    return { ...parameter, gradient };
  });
}

function clipTensors(parameters: readonly FusedGradient[], { norm, value }: ClipOptions): FusedGradient[] {
  const factor = norm === undefined ? null : scaleDown(parameters, norm);
  return parameters.map((parameter) => {
    let { gradient } = parameter;
    if (factor !== null) gradient = tf.mul(gradient, factor);
    if (value !== undefined) gradient = tf.minimum(tf.maximum(gradient, -value), value);
    return { ...parameter, gradient };
  });
}

/** What brings the gradients down to `norm`, of shape []: min(1, norm / length). */
function scaleDown(parameters: readonly FusedGradient[], norm: number): Tensor {
  const squares = parameters.map(({ gradient }): Tensor => tf.sum(tf.square(gradient)));
  const sum = squares.reduce((a, b) => tf.add(a, b), tf.scalar(0));
  // The larger of the two, so that gradients of zero are divided by what is not.
  return tf.div(norm, tf.maximum(tf.sqrt(sum), norm));
}
