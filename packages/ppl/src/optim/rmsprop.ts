/** @file RMSProp. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Optimizer } from './optimizer.ts';
import type { Rule, Settings } from './rule.ts';
import { checkRange, decay, positive } from './rule.ts';
import { follow } from './ruleOptimizer.ts';

export interface RmspropSettings {
  /** Learning rate; 0.01 by default. */
  readonly lr: number;
  /** Decay of the mean of the squared gradients, torch's `alpha`; 0.99 by default. */
  readonly decay: number;
  /** Decay of the running sum of steps; 0, the default, for none. */
  readonly momentum: number;
  /** Whether to divide by a running standard deviation instead of a root mean square; false by default. */
  readonly centered: boolean;
  /** Keeps the division away from zero, outside of the root; 1e-8 by default. */
  readonly eps: number;
}

const name = 'optim.rmsprop';

/** What is remembered: the mean of squares, then what the settings ask for. */
function named<T>(moments: readonly T[], { momentum, centered }: Pick<RmspropSettings, 'momentum' | 'centered'>): { square: T; mean?: T; velocity?: T } {
  const [square, ...rest] = moments as [T, ...T[]];
  const mean = centered ? rest.shift() : undefined;
  const velocity = momentum > 0 ? rest.shift() : undefined;
  return { square, ...(mean === undefined ? {} : { mean }), ...(velocity === undefined ? {} : { velocity }) };
}

const RULE: Rule<RmspropSettings> = {
  name,
  defaults: { lr: 0.01, decay: 0.99, momentum: 0, centered: false, eps: 1e-8 },
  moments: ({ momentum, centered }) => [0, ...(centered ? [0] : []), ...(momentum > 0 ? [0] : [])],
  check: (given) => {
    checkRange(name, 'decay', given.decay, decay, 'in [0, 1)');
    checkRange(name, 'momentum', given.momentum, decay, 'in [0, 1)');
    checkRange(name, 'eps', given.eps, positive, 'positive');
  },
  scalars: ({ lr }) => [lr],
  apply: ({ value, gradient, moments }, scalars, settings) => {
    const { decay: rho, momentum, eps } = settings;
    const { square, mean, velocity } = named(moments, settings);
    const [lr] = scalars as [number];
    for (let i = 0; i < value.length; i++) {
      const g = gradient[i] as number;
      let s = rho * (square[i] as number) + (1 - rho) * g * g;
      square[i] = s;
      if (mean !== undefined) {
        const m = rho * (mean[i] as number) + (1 - rho) * g;
        mean[i] = m;
        s = Math.max(0, s - m * m);
      }
      let direction = g / (Math.sqrt(s) + eps);
      if (velocity !== undefined) {
        direction += momentum * (velocity[i] as number);
        velocity[i] = direction;
      }
      value[i] = (value[i] as number) - lr * direction;
    }
  },
  next: ({ value, gradient, moments }, scalars, settings) => {
    const { decay: rho, momentum, eps } = settings;
    const { square, mean, velocity } = named(moments, settings);
    const [lr] = scalars as [Tensor];
    const average = (old: Tensor, next: Tensor): Tensor => tf.add(tf.mul(old, rho), tf.mul(next, 1 - rho));
    const remembered = [average(square, tf.square(gradient))];
    let [s] = remembered as [Tensor];
    if (mean !== undefined) {
      const m = average(mean, gradient);
      remembered.push(m);
      s = tf.maximum(tf.sub(s, tf.square(m)), 0);
    }
    let direction: Tensor = tf.div(gradient, tf.add(tf.sqrt(s), eps));
    if (velocity !== undefined) {
      direction = tf.add(direction, tf.mul(velocity, momentum));
      remembered.push(direction);
    }
    return { value: tf.sub(value, tf.mul(lr, direction)), moments: remembered };
  },
};

/**
 * RMSProp: gradients divided by the root of the running mean of their squares (Tieleman and Hinton 2012, lecture 6.5).
 * Formula and defaults are torch's: `eps` is added to the root, where tfjs adds it under the root, and the learning rate
 * stands outside of the momentum.
 *
 * @throws TypeError for unknown settings, RangeError for settings out of range.
 */
export function rmsprop(settings: Settings<RmspropSettings> = {}): Optimizer {
  return follow(RULE, settings);
}
