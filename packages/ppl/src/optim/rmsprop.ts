/** @file RMSProp. */
import type { Optimizer } from './optimizer.ts';
import type { Settings } from './rule.ts';
import { checkRange, decay, follow, notNegative } from './rule.ts';

export interface RmspropSettings {
  /** Learning rate; 0.001 by default. */
  readonly lr: number;
  /** Decay of the mean of the squared gradients; 0.9 by default. */
  readonly decay: number;
  /** Decay of the running sum of steps; 0, the default, for none. */
  readonly momentum: number;
  /** Keeps the division away from zero; 1e-8 by default. */
  readonly eps: number;
}

/**
 * RMSProp: gradients divided by the root of the running mean of their squares (Tieleman and Hinton 2012, lecture 6.5).
 *
 * @throws TypeError for unknown settings, RangeError for settings out of range.
 */
export function rmsprop(settings: Settings<RmspropSettings> = {}): Optimizer {
  const name = 'optim.rmsprop';
  return follow<RmspropSettings>(
    {
      name,
      defaults: { lr: 1e-3, decay: 0.9, momentum: 0, eps: 1e-8 },
      moments: ({ momentum }) => (momentum === 0 ? [0] : [0, 0]),
      check: (given) => {
        checkRange(name, 'decay', given.decay, decay, 'in [0, 1)');
        checkRange(name, 'momentum', given.momentum, decay, 'in [0, 1)');
        checkRange(name, 'eps', given.eps, notNegative, 'not negative');
      },
      apply: ({ value, gradient, moments }, { lr, decay: rho, momentum, eps }) => {
        const [square, velocity] = moments as [Float32Array, Float32Array?];
        for (let i = 0; i < value.length; i++) {
          const g = gradient[i] as number;
          const s = rho * (square[i] as number) + (1 - rho) * g * g;
          square[i] = s;
          let change = (lr * g) / Math.sqrt(s + eps);
          if (velocity !== undefined) {
            change += momentum * (velocity[i] as number);
            velocity[i] = change;
          }
          value[i] = (value[i] as number) - change;
        }
      },
    },
    settings,
  );
}
