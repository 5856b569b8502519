/** @file Adamax. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { AdamSettings } from './adam.ts';
import { checkAdam } from './adam.ts';
import type { Optimizer } from './optimizer.ts';
import type { Rule, Settings } from './rule.ts';
import { follow } from './ruleOptimizer.ts';

const RULE: Rule<AdamSettings> = {
  name: 'optim.adamax',
  defaults: { lr: 2e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 },
  moments: () => [0, 0],
  check: (settings) => checkAdam('optim.adamax', settings),
  scalars: ({ lr, beta1 }, t) => [lr / (1 - beta1 ** t)],
  apply: ({ value, gradient, moments }, scalars, { beta1, beta2, eps }) => {
    const [mean, largest] = moments as [Float32Array, Float32Array];
    const [rate] = scalars as [number];
    for (let i = 0; i < value.length; i++) {
      const g = gradient[i] as number;
      const m = beta1 * (mean[i] as number) + (1 - beta1) * g;
      const u = Math.max(beta2 * (largest[i] as number), Math.abs(g) + eps);
      mean[i] = m;
      largest[i] = u;
      value[i] = (value[i] as number) - (rate * m) / u;
    }
  },
  next: ({ value, gradient, moments }, scalars, { beta1, beta2, eps }) => {
    const [mean, largest] = moments as [Tensor, Tensor];
    const [rate] = scalars as [Tensor];
    const m = tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1));
    const u = tf.maximum(tf.mul(largest, beta2), tf.add(tf.abs(gradient), eps));
    return { value: tf.sub(value, tf.div(tf.mul(m, rate), u)), moments: [m, u] };
  },
};

/**
 * Adam with gradients divided by the largest of late instead of a root mean square: algorithm 2 of Kingma and Ba
 * (ICLR 2015), with `eps` where torch has it, beside the size of the gradient, and torch's defaults: lr = 0.002.
 *
 * @throws TypeError for unknown settings, RangeError for settings out of range.
 */
export function adamax(settings: Settings<AdamSettings> = {}): Optimizer {
  return follow(RULE, settings);
}
