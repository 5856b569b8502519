/** @file How step sizes change from step to step of a chain, which steps explore, and whose ends are draws. */
import { checkOptions } from '../../util/options.ts';
import { checkInteger, checkPositive } from '../mcmc/checks.ts';

/** Step sizes that fall as ε (1 + t / offset)^-gamma, where t counts steps from 0 (Welling and Teh 2011, section 4.2). */
export interface PolynomialDecay {
  /** In (0.5, 1], so that steps lead everywhere and their noise dies out. */
  readonly gamma: number;
  /** After about so many steps the fall begins; 1000 by default. */
  readonly offset?: number;
}

/**
 * Step sizes that fall along a cosine and leap up again. Each cycle explores at first, without noise, and then samples
 * (Zhang, Li, Zhang, Chen and Wilson, "Cyclical stochastic gradient MCMC for Bayesian deep learning", ICLR 2020, equation 1).
 */
export interface Cyclical {
  readonly numCycles: number;
  /** The share of a cycle that explores; 0.8 by default. */
  readonly explorationShare?: number;
}

/** Step sizes by what they are multiplied with; or a function that gives this factor for each step, which counts from 0. */
export type StepSchedule = 'constant' | PolynomialDecay | Cyclical | ((step: number) => number);

/** What a step is for. */
export type StepPhase = 'burn-in' | 'exploration' | 'sample';

/** How many steps a chain takes. */
export interface StepCounts {
  /** Steps whose ends may be draws: those after burn-in, or those of all cycles that do not explore. */
  readonly numSamples: number;
  /** Steps before them; undefined for the default. */
  readonly numBurnIn: number | undefined;
  /** Every so manieth of the sampling steps ends in a draw. */
  readonly thinning: number;
}

/** All steps of a chain, by their number from 0. */
export interface StepPlan {
  readonly numSteps: number;
  readonly numBurnIn: number;
  /** The number of draws. */
  readonly numDraws: number;
  phase(step: number): StepPhase;
  /** What the step size is multiplied with. */
  factor(step: number): number;
  /** Whether the step ends in a draw. */
  isDraw(step: number): boolean;
}

const WHERE = 'schedule';
/** As of MCMC's warm-up. */
const DEFAULT_BURN_IN = 1000;

/** @throws TypeError for what is no schedule; RangeError for numbers out of range. */
export function checkSchedule(schedule: StepSchedule): void {
  if (schedule === 'constant' || typeof schedule === 'function') return;
  if (isCyclical(schedule)) {
    checkOptions(WHERE, schedule, ['numCycles', 'explorationShare']);
    const { numCycles, explorationShare = 0 } = schedule;
    checkInteger(WHERE, 'numCycles', numCycles, 1);
    if (!(explorationShare >= 0 && explorationShare < 1)) {
      throw new RangeError(`${WHERE}: explorationShare must be at least 0 and below 1, got ${explorationShare}`);
    }
    return;
  }
  if (typeof schedule !== 'object' || schedule === null || !('gamma' in schedule)) {
    throw new TypeError(
      `${WHERE}: expected 'constant', { gamma, offset }, { numCycles, explorationShare } or a function of the step, got ${JSON.stringify(schedule)}`,
    );
  }
  checkOptions(WHERE, schedule, ['gamma', 'offset']);
  const { gamma, offset = 1 } = schedule;
  if (!(gamma > 0.5 && gamma <= 1)) throw new RangeError(`${WHERE}: gamma must be above 0.5 and at most 1, got ${gamma}`);
  checkPositive(WHERE, 'offset', offset);
}

export function isCyclical(schedule: StepSchedule): schedule is Cyclical {
  return typeof schedule === 'object' && schedule !== null && 'numCycles' in schedule;
}

/**
 * The plan of a chain with these counts.
 *
 * @throws RangeError or TypeError when counts and schedule do not fit each other.
 */
export function stepPlan(where: string, schedule: StepSchedule, counts: StepCounts): StepPlan {
  const plan = isCyclical(schedule) ? cyclicalPlan(where, schedule, counts) : plainPlan(schedule, counts);
  if (plan.numDraws > 0) return plan;
  throw new RangeError(`${where}: with numSamples ${counts.numSamples} and thinning ${counts.thinning} no draws are left`);
}

function plainPlan(schedule: Exclude<StepSchedule, Cyclical>, { numSamples, numBurnIn = DEFAULT_BURN_IN, thinning }: StepCounts): StepPlan {
  const factor = factorOf(schedule);
  return {
    numSteps: numBurnIn + numSamples,
    numBurnIn,
    numDraws: Math.floor(numSamples / thinning),
    phase: (step) => (step < numBurnIn ? 'burn-in' : 'sample'),
    factor,
    isDraw: (step) => step >= numBurnIn && (step - numBurnIn + 1) % thinning === 0,
  };
}

function factorOf(schedule: Exclude<StepSchedule, Cyclical>): (step: number) => number {
  if (schedule === 'constant') return () => 1;
  if (typeof schedule === 'object') {
    const { gamma, offset = 1000 } = schedule;
    return (step) => (1 + step / offset) ** -gamma;
  }
  return (step) => {
    const factor = schedule(step);
    if (factor > 0 && factor < Infinity) return factor;
    throw new RangeError(`${WHERE}: the factor at step ${step} must be positive, got ${factor}`);
  };
}

function cyclicalPlan(where: string, { numCycles, explorationShare = 0.8 }: Cyclical, { numSamples, numBurnIn, thinning }: StepCounts): StepPlan {
  if (numBurnIn !== undefined) {
    throw new TypeError(`${where}: a cyclical schedule takes no numBurnIn: each cycle begins with steps that explore; see explorationShare`);
  }
  if (numSamples % numCycles !== 0) {
    throw new RangeError(`${where}: numSamples, ${numSamples}, must be a multiple of numCycles, ${numCycles}`);
  }
  const sampling = numSamples / numCycles;
  // The shortest cycle in which so many steps do not explore.
  const length = Math.ceil(sampling / (1 - explorationShare) - 1e-9);
  const exploring = length - sampling;
  return {
    numSteps: numCycles * length,
    numBurnIn: 0,
    numDraws: numCycles * Math.floor(sampling / thinning),
    phase: (step) => (step % length < exploring ? 'exploration' : 'sample'),
    factor: (step) => (Math.cos((Math.PI * (step % length)) / length) + 1) / 2,
    isDraw: (step) => step % length >= exploring && ((step % length) - exploring + 1) % thinning === 0,
  };
}

/** The number of draws that the first `steps` steps end in. */
export function drawsUntil(plan: StepPlan, steps: number): number {
  let count = 0;
  for (let step = 0; step < steps; step++) if (plan.isDraw(step)) count++;
  return count;
}
