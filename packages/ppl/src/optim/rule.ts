/** @file What an optimisation algorithm is, apart from all bookkeeping; and its settings. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../util/options.ts';
import type { FusedNext } from './optimizer.ts';

/** The same settings for all parameters, or a function that gives them by the parameter's name. */
export type Settings<S> = Partial<S> | ((name: string) => Partial<S>);

/** What one update works on: a parameter's numbers, and what is remembered of them. */
export interface Update<T> {
  readonly value: T;
  readonly gradient: T;
  readonly moments: readonly T[];
  /** Independent standard normal draws, anew in every update, where the algorithm {@link Rule.isRandom}. */
  readonly noise?: T;
}

/** What is fixed from update to update. Learning rates are not, and so come as scalars only. */
export type Fixed<S> = Omit<S, 'lr' | 'lrd' | 'lrDecay'>;

/**
 * An optimisation algorithm. Its formula stands here twice: as a loop over numbers, and in tensors for programs that hold
 * whole steps. (One formula for both, with the arithmetic as an argument, made the loop four to sixteen times slower.)
 */
export interface Rule<S> {
  /** As users call it: `optim.adam`. */
  readonly name: string;
  readonly defaults: S;
  /** Whether updates take noise, as those of a sampler do; false by default. */
  readonly isRandom?: boolean;
  /** The initial values of its running averages. */
  moments(settings: S): readonly number[];
  /** @throws RangeError for settings out of range. */
  check(settings: S): void;
  /**
   * The numbers that change from one update to the next.
   *
   * @param t - how many updates the parameter will have had, this one included.
   */
  scalars(settings: S, t: number): readonly number[];
  /** Writes the next value and moments over the present ones. */
  apply(update: Update<Float32Array>, scalars: readonly number[], settings: Fixed<S>): void;
  /** The next value and moments, for tensors of any shape and scalars of shape []. */
  next(update: Update<Tensor>, scalars: readonly Tensor[], settings: Fixed<S>): FusedNext;
}

/**
 * The settings for each parameter, by its name. Settings that do not depend on the name are checked at once.
 *
 * @throws TypeError for unknown settings, RangeError for settings out of range.
 */
export function settingsByName<S extends { readonly lr: number }>(rule: Rule<S>, settings: Settings<S>): (name: string) => S {
  if (typeof settings === 'function') return (name) => complete(rule, settings(name));
  const same = complete(rule, settings);
  return () => same;
}

function complete<S extends { readonly lr: number }>(rule: Rule<S>, given: Partial<S>): S {
  checkOptions(rule.name, given, Object.keys(rule.defaults));
  const settings = { ...rule.defaults, ...given };
  checkRange(rule.name, 'lr', settings.lr, positive, 'positive');
  rule.check(settings);
  return settings;
}

/** With a learning rate `rate` times as large. */
export function atRate<S extends { readonly lr: number }>(settings: S, rate: number): S {
  return rate === 1 ? settings : { ...settings, lr: settings.lr * rate };
}

/** @throws RangeError unless `value` is a number for which `holds` is true. */
export function checkRange(where: string, option: string, value: unknown, holds: (value: number) => boolean, what: string): void {
  if (typeof value === 'number' && holds(value)) return;
  throw new RangeError(`${where}: ${option} must be ${what}, got ${String(value)}`);
}

export const positive = (value: number): boolean => value > 0 && value < Infinity;
export const notNegative = (value: number): boolean => value >= 0 && value < Infinity;
/** In [0, 1): what the decay of a running average may be. */
export const decay = (value: number): boolean => value >= 0 && value < 1;
/** A number of steps. */
export const count = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
