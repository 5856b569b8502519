/** @file Stochastic gradient descent, with momentum. */
import type { Optimizer } from './optimizer.ts';
import type { Settings } from './rule.ts';
import { checkRange, decay, follow } from './rule.ts';

export interface SgdSettings {
  /** Learning rate; 0.01 by default. */
  readonly lr: number;
  /** Decay of the running sum of gradients that is followed; 0, the default, for none. */
  readonly momentum: number;
  /** Whether to look ahead along the momentum (Nesterov); false by default. */
  readonly nesterov: boolean;
}

/**
 * Gradient descent: u ← momentum · u + g, value ← value - lr · u, as in Sutskever et al. (ICML 2013) but with the
 * learning rate outside of the momentum.
 *
 * @throws TypeError for unknown settings, RangeError for settings out of range.
 */
export function sgd(settings: Settings<SgdSettings> = {}): Optimizer {
  const name = 'optim.sgd';
  return follow<SgdSettings>(
    {
      name,
      defaults: { lr: 0.01, momentum: 0, nesterov: false },
      moments: ({ momentum }) => (momentum === 0 ? [] : [0]),
      check: ({ momentum }) => checkRange(name, 'momentum', momentum, decay, 'in [0, 1)'),
      apply: ({ value, gradient, moments: [velocity] }, { lr, momentum, nesterov }) => {
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
    },
    settings,
  );
}
