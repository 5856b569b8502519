/** @file Adam, and its variants with clipped gradients and with decoupled weight decay. */
import type { Optimizer } from './optimizer.ts';
import { checkRange, decay, follow, notNegative, positive } from './rule.ts';
import type { Settings, Update } from './rule.ts';

export interface AdamSettings {
  /** Learning rate; 0.001 by default. */
  readonly lr: number;
  /** Decay of the mean of the gradients; 0.9 by default. */
  readonly beta1: number;
  /** Decay of the mean of their squares; 0.999 by default. */
  readonly beta2: number;
  /** Keeps the division away from zero; 1e-8 by default. */
  readonly eps: number;
}

const DEFAULTS: AdamSettings = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 };

function check(name: string, { beta1, beta2, eps }: AdamSettings): void {
  checkRange(name, 'beta1', beta1, decay, 'in [0, 1)');
  checkRange(name, 'beta2', beta2, decay, 'in [0, 1)');
  checkRange(name, 'eps', eps, notNegative, 'not negative');
}

/** Algorithm 1 of Kingma and Ba, "Adam: a method for stochastic optimization" (ICLR 2015). */
function adamUpdate({ value, gradient, moments, t }: Update, { lr, beta1, beta2, eps }: AdamSettings): void {
  const [mean, square] = moments as [Float32Array, Float32Array];
  const meanBias = 1 - beta1 ** t;
  const squareBias = 1 - beta2 ** t;
  for (let i = 0; i < value.length; i++) {
    const g = gradient[i] as number;
    const m = beta1 * (mean[i] as number) + (1 - beta1) * g;
    const v = beta2 * (square[i] as number) + (1 - beta2) * g * g;
    mean[i] = m;
    square[i] = v;
    value[i] = (value[i] as number) - (lr * (m / meanBias)) / (Math.sqrt(v / squareBias) + eps);
  }
}

/** Adam. @throws TypeError for unknown settings, RangeError for settings out of range. */
export function adam(settings: Settings<AdamSettings> = {}): Optimizer {
  const name = 'optim.adam';
  return follow(
    { name, defaults: DEFAULTS, moments: () => [0, 0], check: (given) => check(name, given), apply: adamUpdate },
    settings,
  );
}

export interface AdamWSettings extends AdamSettings {
  /** The share of `lr` by which values shrink in each step; 0.01 by default. */
  readonly weightDecay: number;
}

/** Adam with decoupled weight decay: algorithm 2 of Loshchilov and Hutter (ICLR 2019), without their schedule. */
export function adamW(settings: Settings<AdamWSettings> = {}): Optimizer {
  const name = 'optim.adamW';
  return follow<AdamWSettings>(
    {
      name,
      defaults: { ...DEFAULTS, weightDecay: 0.01 },
      moments: () => [0, 0],
      check: (given) => {
        check(name, given);
        checkRange(name, 'weightDecay', given.weightDecay, notNegative, 'not negative');
      },
      apply: (update, given) => {
        const { value } = update;
        for (let i = 0; i < value.length; i++) value[i] = (value[i] as number) * (1 - given.lr * given.weightDecay);
        adamUpdate(update, given);
      },
    },
    settings,
  );
}

export interface ClippedAdamSettings extends AdamSettings {
  /** Every element of a gradient is clipped to [-clipNorm, clipNorm]; 10 by default. */
  readonly clipNorm: number;
  /** The learning rate is multiplied by this after each update; 1 by default. */
  readonly lrd: number;
}

/** Adam with gradients clipped element by element and a decaying learning rate, as Pyro's of that name. */
export function clippedAdam(settings: Settings<ClippedAdamSettings> = {}): Optimizer {
  const name = 'optim.clippedAdam';
  return follow<ClippedAdamSettings>(
    {
      name,
      defaults: { ...DEFAULTS, clipNorm: 10, lrd: 1 },
      moments: () => [0, 0],
      check: (given) => {
        check(name, given);
        checkRange(name, 'clipNorm', given.clipNorm, positive, 'positive');
        checkRange(name, 'lrd', given.lrd, (value) => value > 0 && value <= 1, 'in (0, 1]');
      },
      apply: (update, given) => {
        const { clipNorm, lrd, lr } = given;
        const gradient = update.gradient.map((g) => Math.min(clipNorm, Math.max(-clipNorm, g)));
        adamUpdate({ ...update, gradient }, { ...given, lr: lr * lrd ** update.t });
      },
    },
    settings,
  );
}
