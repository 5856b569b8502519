/** @file The record of one chain: its draws in unconstrained space, and what is known of each transition. */
import type { TransitionInfo } from './kernel.ts';
import type { EvaluatedPoint } from './logDensity.ts';

/** What is recorded of every transition after warm-up, besides its position. */
export const DRAW_STATISTICS = [
  'logDensity',
  'energy',
  'acceptProb',
  'treeDepth',
  'numLeapfrog',
  'divergent',
] as const;

export type DrawStatistic = (typeof DRAW_STATISTICS)[number];

/** {@link ChainDraws} as plain data for JSON. */
export interface ChainDrawsState {
  readonly positions: readonly number[];
  readonly statistics: Readonly<Record<DrawStatistic, readonly number[]>>;
  readonly warmupLeapfrog: number;
  readonly warmupDivergences: number;
  readonly warmupSeconds: number;
  readonly sampleSeconds: number;
}

/** Room for `numSamples` draws of `dimension` coordinates. */
export class ChainDraws {
  readonly dimension: number;
  /** `[draw, coordinate]`, row-major. */
  readonly positions: Float64Array;
  /** Each `[draw]`; `divergent` is 0 or 1. */
  readonly statistics: Readonly<Record<DrawStatistic, Float64Array>>;
  /** Draws recorded so far. */
  count = 0;
  warmupLeapfrog = 0;
  warmupDivergences = 0;
  /** Time spent in transitions, waiting not included. */
  warmupSeconds = 0;
  sampleSeconds = 0;

  constructor(numSamples: number, dimension: number) {
    this.dimension = dimension;
    this.positions = new Float64Array(numSamples * dimension);
    this.statistics = {
      logDensity: new Float64Array(numSamples),
      energy: new Float64Array(numSamples),
      acceptProb: new Float64Array(numSamples),
      treeDepth: new Float64Array(numSamples),
      numLeapfrog: new Float64Array(numSamples),
      divergent: new Float64Array(numSamples),
    };
  }

  /** The record that `state` was taken of, with room for `numSamples` draws in all. */
  static fromState(state: ChainDrawsState, numSamples: number, dimension: number): ChainDraws {
    const draws = new ChainDraws(numSamples, dimension);
    draws.positions.set(state.positions);
    for (const name of DRAW_STATISTICS) draws.statistics[name].set(state.statistics[name]);
    draws.count = state.statistics.energy.length;
    draws.warmupLeapfrog = state.warmupLeapfrog;
    draws.warmupDivergences = state.warmupDivergences;
    draws.warmupSeconds = state.warmupSeconds;
    draws.sampleSeconds = state.sampleSeconds;
    return draws;
  }

  get state(): ChainDrawsState {
    const { warmupLeapfrog, warmupDivergences, warmupSeconds, sampleSeconds } = this;
    const recorded = (name: DrawStatistic) => Array.from(this.statistics[name].subarray(0, this.count));
    return {
      positions: Array.from(this.positions.subarray(0, this.count * this.dimension)),
      statistics: {
        logDensity: recorded('logDensity'),
        energy: recorded('energy'),
        acceptProb: recorded('acceptProb'),
        treeDepth: recorded('treeDepth'),
        numLeapfrog: recorded('numLeapfrog'),
        divergent: recorded('divergent'),
      },
      warmupLeapfrog,
      warmupDivergences,
      warmupSeconds,
      sampleSeconds,
    };
  }

  /** Room for draws, used or not. */
  get capacity(): number {
    return this.statistics.energy.length;
  }

  /** Records the next transition after warm-up. */
  add(point: EvaluatedPoint, info: TransitionInfo): void {
    const { statistics, count } = this;
    this.positions.set(point.position, count * this.dimension);
    statistics.logDensity[count] = point.logDensity;
    statistics.energy[count] = info.energy;
    statistics.acceptProb[count] = info.acceptProb;
    statistics.treeDepth[count] = info.treeDepth;
    statistics.numLeapfrog[count] = info.numLeapfrog;
    statistics.divergent[count] = info.divergent ? 1 : 0;
    this.count++;
  }

  /** Counts a transition of warm-up, of which nothing else is kept. */
  addWarmup(info: TransitionInfo): void {
    this.warmupLeapfrog += info.numLeapfrog;
    this.warmupDivergences += info.divergent ? 1 : 0;
  }
}
