/** @file Adagrad. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Optimizer } from './optimizer.ts';
import type { Rule, Settings } from './rule.ts';
import { checkRange, notNegative } from './rule.ts';
import { follow } from './ruleOptimizer.ts';

export interface AdagradSettings {
  /** Learning rate; 0.01 by default. */
  readonly lr: number;
  /** The learning rate of update t is lr / (1 + (t - 1) lrDecay); 0 by default. */
  readonly lrDecay: number;
  /** Where the sum of squared gradients begins; 0 by default. */
  readonly initialAccumulatorValue: number;
  /** Keeps the division away from zero; 1e-10 by default. */
  readonly eps: number;
}

const name = 'optim.adagrad';

const RULE: Rule<AdagradSettings> = {
  name,
  defaults: { lr: 0.01, lrDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 },
  moments: ({ initialAccumulatorValue }) => [initialAccumulatorValue],
  check: ({ lrDecay, initialAccumulatorValue, eps }) => {
    checkRange(name, 'lrDecay', lrDecay, notNegative, 'not negative');
    checkRange(name, 'initialAccumulatorValue', initialAccumulatorValue, notNegative, 'not negative');
    checkRange(name, 'eps', eps, notNegative, 'not negative');
    // A slope of zero would be divided by zero.
    if (eps + initialAccumulatorValue === 0) throw new RangeError(`${name}: eps and initialAccumulatorValue must not both be 0`);
  },
  scalars: ({ lr, lrDecay }, t) => [lr / (1 + (t - 1) * lrDecay)],
  apply: ({ value, gradient, moments }, scalars, { eps }) => {
    const [sum] = moments as [Float32Array];
    const [rate] = scalars as [number];
    for (let i = 0; i < value.length; i++) {
      const g = gradient[i] as number;
      const s = (sum[i] as number) + g * g;
      sum[i] = s;
      value[i] = (value[i] as number) - (rate * g) / (Math.sqrt(s) + eps);
    }
  },
  next: ({ value, gradient, moments }, scalars, { eps }) => {
    const [sum] = moments as [Tensor];
    const [rate] = scalars as [Tensor];
    const s = tf.add(sum, tf.square(gradient));
    return { value: tf.sub(value, tf.div(tf.mul(rate, gradient), tf.add(tf.sqrt(s), eps))), moments: [s] };
  },
};

/**
 * Adagrad, with a learning rate for each element that falls as its squared gradients add up: Duchi, Hazan and Singer
 * (JMLR 2011). Defaults are torch's; tfjs begins its sums at 0.1.
 *
 * @throws TypeError for unknown settings, RangeError for settings out of range.
 */
export function adagrad(settings: Settings<AdagradSettings> = {}): Optimizer {
  return follow(RULE, settings);
}
