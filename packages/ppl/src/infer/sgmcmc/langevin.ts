/** @file Langevin dynamics driven by noisy gradients, with and without momentum, as updates of an optimiser. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Rule } from '../../optim/rule.ts';
import type { StepSettings } from './stepSettings.ts';
import { scaleOf } from './stepSettings.ts';

export interface LangevinSettings extends StepSettings {
  /** The share of the momentum that is lost in a step, α; 1 for none, which is SGLD. */
  readonly friction: number;
  /** An estimate V̂ of the variance of an element of the stochastic gradient. */
  readonly gradientVariance: number;
}

/**
 * With step size ε, friction α, temperature T, and g the gradient of the potential energy -log p:
 *
 *     m ← (1 - α) m - ε/2 g + N(0, α ε T - ε²/4 V̂),   value ← value + m
 *
 * This is equation 15 of Chen, Fox and Guestrin (ICML 2014) for M = I and η = ε/2, and, for α = 1 and V̂ = 0, equation 4 of Welling
 * and Teh (ICML 2011): value ← value - ε/2 g + N(0, ε T). The noise that the gradient brings by itself is ε²/4 V.
 */
export function langevin(name: string): Rule<LangevinSettings> {
  return {
    name,
    isRandom: true,
    defaults: { lr: 1, temperature: 1, at: () => ({ factor: 1, isNoisy: true }), friction: 1, gradientVariance: 0 },
    moments: ({ friction }) => (friction === 1 ? [] : [0]),
    check: () => undefined,
    scalars: (settings, t) => {
      const { stepSize, temperature } = scaleOf(settings, t);
      const variance = settings.friction * stepSize * temperature - (stepSize ** 2 / 4) * settings.gradientVariance;
      return [stepSize / 2, Math.sqrt(Math.max(0, variance))];
    },
    apply: ({ value, gradient, moments: [momentum], noise }, scalars, { friction }) => {
      const [rate, spread] = scalars as [number, number];
      for (let i = 0; i < value.length; i++) {
        let move = spread * ((noise as Float32Array)[i] as number) - rate * (gradient[i] as number);
        if (momentum !== undefined) {
          move += (1 - friction) * (momentum[i] as number);
          momentum[i] = move;
        }
        value[i] = (value[i] as number) + move;
      }
    },
    next: ({ value, gradient, moments: [momentum], noise }, scalars, { friction }) => {
      const [rate, spread] = scalars as [Tensor, Tensor];
      const move = tf.sub(tf.mul(spread, noise as Tensor), tf.mul(rate, gradient));
      if (momentum === undefined) return { value: tf.add(value, move), moments: [] };
      const next = tf.add(move, tf.mul(momentum, 1 - friction));
      return { value: tf.add(value, next), moments: [next] };
    },
  };
}
