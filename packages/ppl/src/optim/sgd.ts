/** @file Stochastic gradient descent, with momentum. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Optimizer } from './optimizer.ts';
import type { Rule, Settings } from './rule.ts';
import { checkRange, decay } from './rule.ts';
import { follow } from './ruleOptimizer.ts';

export interface SgdSettings {
  /** Learning rate; 0.01 by default. */
  readonly lr: number;
  /** Decay of the running sum of gradients that is followed; 0, the default, for none. */
  readonly momentum: number;
  /** Whether to look ahead along the momentum (Nesterov); false by default. */
  readonly nesterov: boolean;
}

const RULE: Rule<SgdSettings> = {
  name: 'optim.sgd',
  defaults: { lr: 0.01, momentum: 0, nesterov: false },
  moments: ({ momentum }) => (momentum === 0 ? [] : [0]),
  check: ({ momentum }) => checkRange('optim.sgd', 'momentum', momentum, decay, 'in [0, 1)'),
  scalars: ({ lr }) => [lr],
  apply: ({ value, gradient, moments: [velocity] }, scalars, { momentum, nesterov }) => {
    const [lr] = scalars as [number];
    for (let i = 0; i < value.length; i++) {
      const g = gradient[i] as number;
      let direction = g;
      if (velocity !== undefined) {
        const u = momentum * (velocity[i] as number) + g;
        velocity[i] = u;
        direction = nesterov ? g + momentum * u : u;
      }
      value[i] = (value[i] as number) - lr * direction;
    }
  },
  next: ({ value, gradient, moments: [velocity] }, scalars, { momentum, nesterov }) => {
    const [lr] = scalars as [Tensor];
    if (velocity === undefined) return { value: tf.sub(value, tf.mul(lr, gradient)), moments: [] };
    const u = tf.add(tf.mul(velocity, momentum), gradient);
    const direction = nesterov ? tf.add(gradient, tf.mul(u, momentum)) : u;
    return { value: tf.sub(value, tf.mul(lr, direction)), moments: [u] };
  },
};

/**
 * Gradient descent: u ← momentum · u + g, value ← value - lr · u, as in Sutskever et al. (ICML 2013) but with the
 * learning rate outside of the momentum, as torch has it.
 *
 * @throws TypeError for unknown settings, RangeError for settings out of range.
 */
export function sgd(settings: Settings<SgdSettings> = {}): Optimizer {
  return follow(RULE, settings);
}
