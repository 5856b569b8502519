/** @file Learning rates that change as training goes on. */
import { checkOptions } from '../util/options.ts';
import type { Optimizer } from './optimizer.ts';
import { checkRange, positive } from './rule.ts';

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

/** Lets the learning rate fall to zero within `decaySteps`, along half a period of a cosine. */
export interface Cosine {
  readonly decaySteps: number;
}

/** The factor of the learning rate by the number of steps already taken, or one of the usual forms of it. */
export type Schedule = ((step: number) => number) | Milestones | Exponential | Cosine;

/**
 * `optimizer` with a learning rate that follows `schedule`. Its state holds the place in the schedule too.
 *
 * @throws TypeError when `schedule` is none of {@link Schedule}; RangeError, at the step, when it gives no finite factor.
 */
export function schedule(optimizer: Optimizer, schedule: Schedule): Optimizer {
  const factor = factorOf(schedule);
  let steps = 0;
  return {
    step: (parameters, rate = 1) => {
      const current = factor(steps);
      checkRange('optim.schedule', `the factor at step ${steps}`, current, (value) => value >= 0 && value < Infinity, 'not negative');
      steps++;
      optimizer.step(parameters, rate * current);
    },
    getState: () => ({ ...optimizer.getState(), steps }),
    setState: (state) => {
      optimizer.setState(state);
      ({ steps } = state);
    },
  };
}

function factorOf(schedule: Schedule): (step: number) => number {
  if (typeof schedule === 'function') return schedule;
  if (typeof schedule === 'object' && schedule !== null) {
    if ('milestones' in schedule) {
      checkOptions('optim.schedule', schedule, ['milestones', 'gamma']);
      const { milestones, gamma = 0.1 } = schedule;
      return (step) => gamma ** milestones.filter((milestone) => milestone <= step).length;
    }
    if ('gamma' in schedule) {
      checkOptions('optim.schedule', schedule, ['gamma', 'every']);
      const { gamma, every = 1 } = schedule;
      checkRange('optim.schedule', 'every', every, positive, 'positive');
      return (step) => gamma ** Math.floor(step / every);
    }
    if ('decaySteps' in schedule) {
      checkOptions('optim.schedule', schedule, ['decaySteps']);
      const { decaySteps } = schedule;
      checkRange('optim.schedule', 'decaySteps', decaySteps, positive, 'positive');
      return (step) => (1 + Math.cos(Math.PI * Math.min(1, step / decaySteps))) / 2;
    }
  }
  throw new TypeError(
    'optim.schedule: expected a function of the step, { milestones, gamma }, { gamma, every } or { decaySteps }, got ' +
      JSON.stringify(schedule),
  );
}
