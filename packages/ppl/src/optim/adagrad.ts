/** @file Adagrad. */
import type { Optimizer } from './optimizer.ts';
import type { Settings } from './rule.ts';
import { checkRange, follow, notNegative } from './rule.ts';

export interface AdagradSettings {
  /** Learning rate; 0.01 by default. */
  readonly lr: number;
  /** Where the sum of squared gradients begins; 0.1 by default, as in tfjs. */
  readonly initialAccumulatorValue: number;
  /** Keeps the division away from zero; 1e-8 by default. */
  readonly eps: number;
}

/**
 * Adagrad, with a learning rate for each element that falls as its squared gradients add up: Duchi, Hazan and Singer
 * (JMLR 2011).
 *
 * @throws TypeError for unknown settings, RangeError for settings out of range.
 */
export function adagrad(settings: Settings<AdagradSettings> = {}): Optimizer {
  const name = 'optim.adagrad';
  return follow<AdagradSettings>(
    {
      name,
      defaults: { lr: 0.01, initialAccumulatorValue: 0.1, eps: 1e-8 },
      moments: ({ initialAccumulatorValue }) => [initialAccumulatorValue],
      check: ({ initialAccumulatorValue, eps }) => {
        checkRange(name, 'initialAccumulatorValue', initialAccumulatorValue, notNegative, 'not negative');
        checkRange(name, 'eps', eps, notNegative, 'not negative');
      },
      apply: ({ value, gradient, moments }, { lr, eps }) => {
        const [sum] = moments as [Float32Array];
        for (let i = 0; i < value.length; i++) {
          const g = gradient[i] as number;
          const s = (sum[i] as number) + g * g;
          sum[i] = s;
          value[i] = (value[i] as number) - (lr * g) / (Math.sqrt(s) + eps);
        }
      },
    },
    settings,
  );
}
