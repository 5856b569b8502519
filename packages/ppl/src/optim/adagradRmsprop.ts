/** @file The mixture of Adagrad and RMSProp that automatic differentiation variational inference came with. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Optimizer } from './optimizer.ts';
import type { Rule, Settings } from './rule.ts';
import { checkRange } from './rule.ts';
import { follow } from './ruleOptimizer.ts';

export interface AdagradRmspropSettings {
  /** Scale of the steps, Pyro's `eta`; 1 by default. */
  readonly lr: number;
  /** The learning rate of update t falls as t^(delta - 1/2); 1e-16 by default. */
  readonly delta: number;
  /** The share of the newest squared gradient in their running mean, in (0, 1]; 0.1 by default. */
  readonly t: number;
}

const name = 'optim.adagradRmsprop';

const RULE: Rule<AdagradRmspropSettings> = {
  name,
  defaults: { lr: 1, delta: 1e-16, t: 0.1 },
  moments: () => [0],
  check: ({ delta, t }) => {
    checkRange(name, 'delta', delta, (value) => value >= 0 && value < 0.5, 'in [0, 0.5)');
    checkRange(name, 't', t, (value) => value > 0 && value <= 1, 'in (0, 1]');
  },
  // The mean of squares begins with the first of them.
  scalars: ({ lr, delta, t }, update) => [lr * update ** (delta - 0.5), update === 1 ? 1 : t],
  apply: ({ value, gradient, moments }, scalars) => {
    const [square] = moments as [Float32Array];
    const [rate, share] = scalars as [number, number];
    for (let i = 0; i < value.length; i++) {
      const g = gradient[i] as number;
      const s = (1 - share) * (square[i] as number) + share * g * g;
      square[i] = s;
      value[i] = (value[i] as number) - (rate * g) / (1 + Math.sqrt(s));
    }
  },
  next: ({ value, gradient, moments }, scalars) => {
    const [square] = moments as [Tensor];
    const [rate, share] = scalars as [Tensor, Tensor];
    const s = tf.add(tf.mul(square, tf.sub(1, share)), tf.mul(tf.square(gradient), share));
    return { value: tf.sub(value, tf.div(tf.mul(rate, gradient), tf.add(1, tf.sqrt(s)))), moments: [s] };
  },
};

/**
 * Steps that shrink as 1/√t, divided by one plus a running root mean square of the gradient: equations 10 and 11 of
 * Kucukelbir et al., "Automatic differentiation variational inference" (JMLR 2017), with Pyro's defaults.
 *
 * @throws TypeError for unknown settings, RangeError for settings out of range.
 */
export function adagradRmsprop(settings: Settings<AdagradRmspropSettings> = {}): Optimizer {
  return follow(RULE, settings);
}
