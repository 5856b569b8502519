/** @file Langevin dynamics whose steps are scaled by the size of recent gradients, as updates of an optimiser. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Rule } from '../../optim/rule.ts';
import type { StepSettings } from './stepSettings.ts';
import { scaleOf } from './stepSettings.ts';

export interface PreconditionedSettings extends StepSettings {
  /** Decay ρ of the mean of the squared gradients. */
  readonly decay: number;
  /** Keeps the scale finite where gradients vanish, λ. */
  readonly damping: number;
}

/**
 * With G = 1 / (λ + √V), where V is the running mean of the squared gradient g of the potential energy:
 *
 *     value ← value - ε/2 G g + N(0, ε T G)
 *
 * Li, Chen, Carlson and Carin, "Preconditioned stochastic gradient Langevin dynamics for deep neural networks" (AAAI 2016),
 * algorithm 1, without the term Γ, which they leave out as well. V is corrected for its start at zero, as Adam's is, and g is the
 * gradient for all data, not their mean.
 */
export function preconditioned(name: string): Rule<PreconditionedSettings> {
  return {
    name,
    isRandom: true,
    defaults: { lr: 1, temperature: 1, at: () => ({ factor: 1, isNoisy: true }), decay: 0.99, damping: 1 },
    moments: () => [0],
    check: () => undefined,
    scalars: (settings, t) => {
      const { stepSize, temperature } = scaleOf(settings, t);
      return [stepSize / 2, Math.sqrt(stepSize * temperature), 1 / (1 - settings.decay ** t)];
    },
    apply: ({ value, gradient, moments: [square], noise }, scalars, { decay, damping }) => {
      const [rate, spread, correction] = scalars as [number, number, number];
      const squares = square as Float32Array;
      for (let i = 0; i < value.length; i++) {
        const g = gradient[i] as number;
        const s = decay * (squares[i] as number) + (1 - decay) * g * g;
        squares[i] = s;
        const scale = 1 / (damping + Math.sqrt(s * correction));
        value[i] = (value[i] as number) - rate * scale * g + spread * Math.sqrt(scale) * ((noise as Float32Array)[i] as number);
      }
    },
    next: ({ value, gradient, moments: [square], noise }, scalars, { decay, damping }) => {
      const [rate, spread, correction] = scalars as [Tensor, Tensor, Tensor];
      const s = tf.add(tf.mul(square as Tensor, decay), tf.mul(tf.square(gradient), 1 - decay));
      const scale = tf.div(1, tf.add(tf.sqrt(tf.mul(s, correction)), damping));
      const drift = tf.mul(rate, tf.mul(scale, gradient));
      const diffusion = tf.mul(tf.mul(spread, tf.sqrt(scale)), noise as Tensor);
      return { value: tf.add(value, tf.sub(diffusion, drift)), moments: [s] };
    },
  };
}
