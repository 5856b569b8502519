/** @file A run of SG-MCMC as plain data, and whether such data are one. */
import type { OptimizerState } from '../../optim/optimizer.ts';
import type { StreamState } from '../../random/stream.ts';
import type { SampleArray } from '../mcmc/samples.ts';
import type { Position } from './potential.ts';
import type { StepPlan, StepSchedule } from './schedule.ts';
import { drawsUntil, isCyclical } from './schedule.ts';

/** A chain of a checkpoint. */
export interface SgmcmcChainState {
  /** Steps taken. */
  readonly step: number;
  /** Where it stands: the unconstrained values of sites, by name. */
  readonly position: Position;
  /** What the kernel remembers, such as momenta. */
  readonly kernel: OptimizerState;
  /** Draws so far, of shape [draw, ...site shape]; of a run that keeps none, empty. */
  readonly draws: Readonly<Record<string, SampleArray>>;
  /** The sum of the potential energies that the steps after burn-in began with, and their number. */
  readonly potential: number;
  readonly sampled: number;
  /** Time spent, in seconds. */
  readonly seconds: number;
}

/**
 * A run as it was between two steps: records, numbers and float arrays alone, so that `structuredClone`, `postMessage` and IndexedDB
 * take it.
 */
export interface SgmcmcCheckpoint {
  readonly version: 1;
  /** `infer.SGLD`, `infer.SGHMC`. */
  readonly kernel: string;
  /** What the steps of a chain depend on. */
  readonly plan: { readonly numSamples: number; readonly numBurnIn: number; readonly thinning: number; readonly numCycles: number | null };
  /** The stream that the streams of all chains derive from. */
  readonly stream: StreamState;
  /** Those that were begun. */
  readonly chains: readonly SgmcmcChainState[];
}

/** The run that is to go on. */
export interface ResumedRun {
  readonly kernel: string;
  readonly counts: SgmcmcCheckpoint['plan'];
  readonly plan: StepPlan;
  readonly numChains: number;
  readonly keepSamples: boolean;
}

const WHERE = 'infer.SGMCMC: cannot resume';

/** What the steps of a chain depend on. */
export function stepCounts(schedule: StepSchedule, counts: Omit<SgmcmcCheckpoint['plan'], 'numCycles'>): SgmcmcCheckpoint['plan'] {
  return { ...counts, numCycles: isCyclical(schedule) ? schedule.numCycles : null };
}

/** @throws TypeError or RangeError that says why `checkpoint` is none, or is none of a run like this one. */
export function checkSgmcmcCheckpoint(checkpoint: SgmcmcCheckpoint, { kernel, counts: planned, plan: steps, numChains, keepSamples }: ResumedRun): void {
  if (typeof checkpoint !== 'object' || checkpoint === null || typeof checkpoint.plan !== 'object' || !Array.isArray(checkpoint.chains)) {
    throw new TypeError(`${WHERE}: it takes what checkpoint() gave`);
  }
  const { version, plan, chains } = checkpoint;
  if (version !== 1) throw new RangeError(`${WHERE}: the checkpoint is of version ${String(version)}; this library reads version 1`);
  if (checkpoint.kernel !== kernel) throw new RangeError(`${WHERE}: the checkpoint is of ${checkpoint.kernel}, the kernel is ${kernel}`);
  for (const name of ['numBurnIn', 'thinning', 'numCycles'] as const) {
    if (plan[name] === planned[name]) continue;
    throw new RangeError(`${WHERE}: the checkpoint has ${name} ${String(plan[name])}, and this run ${String(planned[name])}`);
  }
  if (plan.numCycles !== null && plan.numSamples !== planned.numSamples) {
    throw new RangeError(`${WHERE}: with cycles numSamples must stay what it was, ${plan.numSamples}, got ${planned.numSamples}`);
  }
  if (chains.length > numChains) throw new RangeError(`${WHERE}: the checkpoint has ${chains.length} chains, numChains is ${numChains}`);
  chains.forEach(({ step, draws }: SgmcmcChainState, i: number) => {
    if (step > steps.numSteps) throw new RangeError(`${WHERE}: the checkpoint has ${step} steps of a chain, and numBurnIn and numSamples ask for fewer`);
    const made = drawsUntil(steps, step);
    const [first] = Object.values(draws);
    const held = first?.shape[0] ?? 0;
    if (!keepSamples || held === made) return;
    throw new RangeError(`${WHERE}: chain ${i} of the checkpoint has made ${made} draws and holds ${held} of them; was it of a run with keepSamples: false?`);
  });
}
