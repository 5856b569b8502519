/** @file Factors of the learning rate by the number of steps. */
import { checkOptions } from '../util/options.ts';
import { checkRange, decay, notNegative, positive } from './rule.ts';

/** Multiplies the learning rate by `gamma` at each of `milestones`, which count steps. */
export interface Milestones {
  readonly milestones: readonly number[];
  /** 0.1 by default. */
  readonly gamma?: number;
}

/** Multiplies the learning rate by `gamma` after every `every` steps. */
export interface Exponential {
  readonly gamma: number;
  /** 1 by default. */
  readonly every?: number;
}

/** Lets the learning rate fall within `decaySteps`, along half a period of a cosine (Loshchilov and Hutter, ICLR 2017). */
export interface Cosine {
  readonly decaySteps: number;
  /** The factor at the end; 0 by default. */
  readonly floor?: number;
  /** If given, starts anew at each end, for this many times as long as before: 1 for periods of equal length. */
  readonly restarts?: number;
}

/** Lets the learning rate rise along a line, to be whole in the last of `warmupSteps` and from there on. */
export interface WarmUp {
  readonly warmupSteps: number;
  /** Where the line begins, one step before the first; 0 by default. */
  readonly from?: number;
}

/**
 * One rise and one longer fall, both along half a period of a cosine, within `cycleSteps` (Smith and Topin 2018; defaults
 * as in torch): the learning rate of the optimiser is the highest.
 */
export interface OneCycle {
  readonly cycleSteps: number;
  /** The share of the steps that is spent rising; 0.3 by default. */
  readonly rise?: number;
  /** The factor of the first step; 1/25 by default. */
  readonly from?: number;
  /** The factor of the last step and from there on; `from` / 10,000 by default. */
  readonly to?: number;
}

/** One schedule after another: each counts its steps from where it begins. */
export interface Sequence {
  readonly sequence: readonly Schedule[];
  /** At which steps the second begins, the third and so on. */
  readonly at: readonly number[];
}

/** The factor of the learning rate by the number of steps already taken. It must depend on nothing else. */
export type Factor = (step: number) => number;

/** A factor, one of the usual forms of it, or several that are multiplied. */
export type Schedule = Factor | Milestones | Exponential | Cosine | WarmUp | OneCycle | Sequence | readonly Schedule[];

const WHERE = 'optim.schedule';

/** @throws TypeError when `schedule` is none of {@link Schedule}; RangeError when a number in it is out of range. */
export function factorOf(schedule: Schedule): Factor {
  if (typeof schedule === 'function') return schedule;
  if (isList(schedule)) {
    const factors = schedule.map(factorOf);
    return (step) => factors.reduce((product, factor) => product * factor(step), 1);
  }
  if (typeof schedule === 'object' && schedule !== null) {
    if ('milestones' in schedule) return milestones(schedule);
    if ('gamma' in schedule) return exponential(schedule);
    if ('decaySteps' in schedule) return cosine(schedule);
    if ('warmupSteps' in schedule) return warmUp(schedule);
    if ('cycleSteps' in schedule) return oneCycle(schedule);
    if ('sequence' in schedule) return sequence(schedule);
  }
  throw new TypeError(
    `${WHERE}: expected a function of the step, { milestones, gamma }, { gamma, every }, { decaySteps, floor, restarts }, ` +
      `{ warmupSteps, from }, { cycleSteps, rise, from, to }, { sequence, at } or an array of such, got ${JSON.stringify(schedule)}`,
  );
}

function isList(schedule: Schedule): schedule is readonly Schedule[] {
  return Array.isArray(schedule);
}

function milestones(schedule: Milestones): Factor {
  checkOptions(WHERE, schedule, ['milestones', 'gamma']);
  const { milestones: steps, gamma = 0.1 } = schedule;
  if (!Array.isArray(steps)) throw new TypeError(`${WHERE}: milestones must be an array of steps, got ${JSON.stringify(steps)}`);
  checkRange(WHERE, 'gamma', gamma, notNegative, 'not negative');
  return (step) => gamma ** steps.filter((milestone) => milestone <= step).length;
}

function exponential(schedule: Exponential): Factor {
  checkOptions(WHERE, schedule, ['gamma', 'every']);
  const { gamma, every = 1 } = schedule;
  checkRange(WHERE, 'gamma', gamma, notNegative, 'not negative');
  checkRange(WHERE, 'every', every, positive, 'positive');
  return (step) => gamma ** Math.floor(step / every);
}

/** From 1 at 0 down to 0 at 1, flat at both ends. */
const fall = (share: number): number => (1 + Math.cos(Math.PI * share)) / 2;

function cosine(schedule: Cosine): Factor {
  checkOptions(WHERE, schedule, ['decaySteps', 'floor', 'restarts']);
  const { decaySteps, floor = 0, restarts } = schedule;
  checkRange(WHERE, 'decaySteps', decaySteps, positive, 'positive');
  checkRange(WHERE, 'floor', floor, notNegative, 'not negative');
  if (restarts !== undefined) checkRange(WHERE, 'restarts', restarts, (value) => value >= 1 && value < Infinity, 'at least 1');
  return (step) => {
    const share = restarts === undefined ? Math.min(1, step / decaySteps) : shareOfPeriod(step, decaySteps, restarts);
    return floor + (1 - floor) * fall(share);
  };
}

/** How much of its period is over at `step`, where each period is `growth` times as long as the one before. */
function shareOfPeriod(step: number, first: number, growth: number): number {
  if (growth === 1) return (step % first) / first;
  let [left, period] = [step, first];
  while (left >= period) {
    left -= period;
    period *= growth;
  }
  return left / period;
}

function warmUp(schedule: WarmUp): Factor {
  checkOptions(WHERE, schedule, ['warmupSteps', 'from']);
  const { warmupSteps, from = 0 } = schedule;
  checkRange(WHERE, 'warmupSteps', warmupSteps, positive, 'positive');
  checkRange(WHERE, 'from', from, notNegative, 'not negative');
  return (step) => from + (1 - from) * Math.min(1, (step + 1) / warmupSteps);
}

function oneCycle(schedule: OneCycle): Factor {
  checkOptions(WHERE, schedule, ['cycleSteps', 'rise', 'from', 'to']);
  const { cycleSteps, rise = 0.3, from = 1 / 25, to = from / 1e4 } = schedule;
  checkRange(WHERE, 'cycleSteps', cycleSteps, (value) => value >= 2 && value < Infinity, 'at least 2');
  checkRange(WHERE, 'rise', rise, decay, 'in [0, 1)');
  checkRange(WHERE, 'from', from, notNegative, 'not negative');
  checkRange(WHERE, 'to', to, notNegative, 'not negative');
  const last = cycleSteps - 1;
  const peak = Math.max(0, rise * cycleSteps - 1);
  return (step) => {
    if (step < peak) return 1 + (from - 1) * fall(step / peak);
    return to + (1 - to) * fall(Math.min(1, (step - peak) / (last - peak)));
  };
}

function sequence(schedule: Sequence): Factor {
  checkOptions(WHERE, schedule, ['sequence', 'at']);
  const { sequence: parts, at } = schedule;
  const ascending = Array.isArray(at) && at.every((step, i) => step > (at[i - 1] ?? 0));
  if (!Array.isArray(parts) || parts.length === 0 || !ascending || at.length !== parts.length - 1) {
    throw new TypeError(`${WHERE}: { sequence, at } needs schedules, and in \`at\` the ascending steps at which all but the first begin`);
  }
  const factors = parts.map(factorOf);
  return (step) => {
    const index = at.filter((begin) => begin <= step).length;
    return (factors[index] as Factor)(step - (at[index - 1] ?? 0));
  };
}
