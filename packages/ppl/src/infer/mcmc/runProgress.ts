/** @file Progress of a run: each chain's for callbacks, all chains' in one line for the eye. */
import type { Progress } from '../../util/progress.ts';
import type { ChainRun } from './chainRun.ts';
import type { ChainSegment } from './segment.ts';

/** How far a chain has come. */
export interface McmcProgress {
  /** From 0. */
  readonly chain: number;
  readonly numChains: number;
  readonly phase: 'warmup' | 'sample';
  /** Transitions made in this phase, */
  readonly iteration: number;
  /** of so many. */
  readonly total: number;
  /** The step size of the next transition. */
  readonly stepSize: number;
  /** Mean acceptance statistic in this phase. */
  readonly acceptProb: number;
  /** Divergent transitions in this phase. */
  readonly divergences: number;
}

interface Tally {
  phase: 'warmup' | 'sample';
  transitions: number;
  sumAcceptProb: number;
  divergences: number;
  stepSize: number;
}

/** Adds up what segments tell of the progress of chains. */
export class RunProgress {
  private readonly runs: readonly ChainRun[];
  private readonly tallies: (Tally | undefined)[] = [];

  constructor(runs: readonly ChainRun[]) {
    this.runs = runs;
  }

  /** The progress of `run` with `segment`, which it has recorded. */
  add(run: ChainRun, segment: ChainSegment): McmcProgress {
    const { phase, state, statistics } = segment;
    let tally = this.tallies[run.index];
    if (tally?.phase !== phase) {
      tally = { phase, transitions: 0, sumAcceptProb: 0, divergences: 0, stepSize: 0 };
      this.tallies[run.index] = tally;
    }
    for (const acceptProb of statistics.acceptProb) tally.sumAcceptProb += acceptProb;
    for (const divergent of statistics.divergent) tally.divergences += divergent;
    tally.transitions += statistics.acceptProb.length;
    tally.stepSize = state.adaptation.stepSize;
    const warmingUp = phase === 'warmup';
    return {
      chain: run.index,
      numChains: this.runs.length,
      phase,
      iteration: warmingUp ? state.iteration : run.draws.count,
      total: warmingUp ? state.numWarmup : run.draws.capacity,
      stepSize: tally.stepSize,
      acceptProb: tally.sumAcceptProb / tally.transitions,
      divergences: tally.divergences,
    };
  }

  /**
   * The line to show after `progress`: of one chain, a line for warm-up and one for sampling; of several, one for all.
   * Step size and acceptance are then means over the chains that have begun, divergences a sum.
   */
  line(progress: McmcProgress): Progress {
    const { phase, iteration, total, stepSize, acceptProb, divergences } = progress;
    if (this.runs.length === 1) {
      return { label: phase, current: iteration, total, metrics: { step: stepSize, accept: acceptProb, divergences } };
    }
    const begun = this.tallies.filter((tally) => tally !== undefined);
    const sum = (of: (tally: Tally) => number) => begun.reduce((all, tally) => all + of(tally), 0);
    return {
      label: `${this.runs.length} chains`,
      current: this.runs.reduce((all, run) => all + run.state.iteration, 0),
      total: this.runs.reduce((all, run) => all + run.total, 0),
      metrics: {
        step: sum((tally) => tally.stepSize) / begun.length,
        accept: sum((tally) => tally.sumAcceptProb / tally.transitions) / begun.length,
        divergences: sum((tally) => tally.divergences),
      },
    };
  }
}
