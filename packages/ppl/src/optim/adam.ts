/** @file Adam, and its variants with clipped gradients and with decoupled weight decay. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedNext, Optimizer } from './optimizer.ts';
import type { Fixed, Rule, Settings, Update } from './rule.ts';
import { checkRange, decay, notNegative, positive } from './rule.ts';
import { follow } from './ruleOptimizer.ts';

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

/** @throws RangeError for a decay outside of [0, 1) or an eps that is not positive. */
export function checkAdam(name: string, { beta1, beta2, eps }: AdamSettings): void {
  checkRange(name, 'beta1', beta1, decay, 'in [0, 1)');
  checkRange(name, 'beta2', beta2, decay, 'in [0, 1)');
  checkRange(name, 'eps', eps, positive, 'positive');
}

/** The learning rate over the bias of the mean, and the root of the bias of the squares. */
function adamScalars({ lr, beta1, beta2 }: AdamSettings, t: number): [rate: number, rootBias: number] {
  return [lr / (1 - beta1 ** t), Math.sqrt(1 - beta2 ** t)];
}

/** Algorithm 1 of Kingma and Ba, "Adam: a method for stochastic optimization" (ICLR 2015). */
function adamApply(update: Update<Float32Array>, scalars: readonly number[], settings: Fixed<AdamSettings>): void {
  const { value, gradient } = update;
  const { beta1, beta2, eps } = settings;
  const [mean, square] = update.moments as [Float32Array, Float32Array];
  const [rate, rootBias] = scalars as [number, number];
  for (let i = 0; i < value.length; i++) {
    const g = gradient[i] as number;
    const m = beta1 * (mean[i] as number) + (1 - beta1) * g;
    const v = beta2 * (square[i] as number) + (1 - beta2) * g * g;
    mean[i] = m;
    square[i] = v;
    value[i] = (value[i] as number) - (rate * m) / (Math.sqrt(v) / rootBias + eps);
  }
}

/** The same. */
function adamNext(update: Update<Tensor>, scalars: readonly Tensor[], { beta1, beta2, eps }: Fixed<AdamSettings>): FusedNext {
  const { value, gradient } = update;
  const [mean, square] = update.moments as [Tensor, Tensor];
  const [rate, rootBias] = scalars as [Tensor, Tensor];
  const m = tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1));
  const v = tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const change = tf.div(tf.mul(m, rate), tf.add(tf.div(tf.sqrt(v), rootBias), eps));
  return { value: tf.sub(value, change), moments: [m, v] };
}

const ADAM: Rule<AdamSettings> = {
  name: 'optim.adam',
  defaults: DEFAULTS,
  moments: () => [0, 0],
  check: (settings) => checkAdam('optim.adam', settings),
  scalars: adamScalars,
  apply: adamApply,
  next: adamNext,
};

/** Adam. @throws TypeError for unknown settings, RangeError for settings out of range. */
export function adam(settings: Settings<AdamSettings> = {}): Optimizer {
  return follow(ADAM, settings);
}

export interface AdamWSettings extends AdamSettings {
  /** The share of `lr` by which values shrink in each step; 0.01 by default. */
  readonly weightDecay: number;
}

const ADAM_W: Rule<AdamWSettings> = {
  name: 'optim.adamW',
  defaults: { ...DEFAULTS, weightDecay: 0.01 },
  moments: () => [0, 0],
  check: (settings) => {
    checkAdam('optim.adamW', settings);
    checkRange('optim.adamW', 'weightDecay', settings.weightDecay, notNegative, 'not negative');
  },
  scalars: (settings, t) => [...adamScalars(settings, t), 1 - settings.lr * settings.weightDecay],
  apply: (update, scalars, settings) => {
    const { value } = update;
    const shrink = scalars[2] as number;
    for (let i = 0; i < value.length; i++) value[i] = (value[i] as number) * shrink;
    adamApply(update, scalars, settings);
  },
  next: (update, scalars, settings) => {
    const shrink = scalars[2] as Tensor;
    return adamNext({ ...update, value: tf.mul(update.value, shrink) }, scalars, settings);
  },
};

/** Adam with decoupled weight decay: algorithm 2 of Loshchilov and Hutter (ICLR 2019), without their schedule. */
export function adamW(settings: Settings<AdamWSettings> = {}): Optimizer {
  return follow(ADAM_W, settings);
}

export interface ClippedAdamSettings extends AdamSettings {
  /** Every element of a gradient is clipped to [-clipNorm, clipNorm]; 10 by default. */
  readonly clipNorm: number;
  /** The learning rate is multiplied by this before each update; 1 by default. */
  readonly lrd: number;
}

const CLIPPED_ADAM: Rule<ClippedAdamSettings> = {
  name: 'optim.clippedAdam',
  defaults: { ...DEFAULTS, clipNorm: 10, lrd: 1 },
  moments: () => [0, 0],
  check: (settings) => {
    checkAdam('optim.clippedAdam', settings);
    checkRange('optim.clippedAdam', 'clipNorm', settings.clipNorm, positive, 'positive');
    checkRange('optim.clippedAdam', 'lrd', settings.lrd, (value) => value > 0 && value <= 1, 'in (0, 1]');
  },
  scalars: (settings, t) => adamScalars({ ...settings, lr: settings.lr * settings.lrd ** t }, t),
  apply: (update, scalars, settings) => {
    const { clipNorm } = settings;
    const gradient = update.gradient.map((g) => Math.min(clipNorm, Math.max(-clipNorm, g)));
    adamApply({ ...update, gradient }, scalars, settings);
  },
  next: (update, scalars, settings) => {
    const { clipNorm } = settings;
    const gradient = tf.minimum(tf.maximum(update.gradient, -clipNorm), clipNorm);
    return adamNext({ ...update, gradient }, scalars, settings);
  },
};

/** Adam with gradients clipped element by element and a decaying learning rate, as Pyro's of that name. */
export function clippedAdam(settings: Settings<ClippedAdamSettings> = {}): Optimizer {
  return follow(CLIPPED_ADAM, settings);
}
