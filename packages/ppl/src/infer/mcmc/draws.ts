/** @file The record of one chain: its draws in unconstrained space, and what is known of each transition. */
import type { ChainSegment } from './segment.ts';

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
  /** Of the draws that are kept, `[draw, coordinate]`. */
  readonly positions: readonly number[];
  /** Of every transition after warm-up. */
  readonly statistics: Readonly<Record<DrawStatistic, readonly number[]>>;
  readonly warmupLeapfrog: number;
  readonly warmupDivergences: number;
  readonly warmupSeconds: number;
  readonly sampleSeconds: number;
}

/** Room for `numSamples` transitions of `dimension` coordinates, of which every `thinning`-th is kept as a draw. */
export class ChainDraws {
  readonly dimension: number;
  readonly thinning: number;
  /** `[draw, coordinate]`, row-major. */
  readonly positions: Float64Array;
  /** Of every transition, each `[transition]`; `divergent` is 0 or 1. */
  readonly statistics: Readonly<Record<DrawStatistic, Float64Array>>;
  /** Transitions recorded so far. */
  count = 0;
  warmupLeapfrog = 0;
  warmupDivergences = 0;
  /** Time spent in transitions, waiting not included. */
  warmupSeconds = 0;
  sampleSeconds = 0;

  constructor(numSamples: number, dimension: number, thinning: number = 1) {
    this.dimension = dimension;
    this.thinning = thinning;
    this.positions = new Float64Array(Math.floor(numSamples / thinning) * dimension);
    this.statistics = {
      logDensity: new Float64Array(numSamples),
      energy: new Float64Array(numSamples),
      acceptProb: new Float64Array(numSamples),
      treeDepth: new Float64Array(numSamples),
      numLeapfrog: new Float64Array(numSamples),
      divergent: new Float64Array(numSamples),
    };
  }

  /** The record that `state` was taken of, with room for `numSamples` transitions in all. */
  static fromState(state: ChainDrawsState, numSamples: number, dimension: number, thinning: number = 1): ChainDraws {
    const draws = new ChainDraws(numSamples, dimension, thinning);
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
      positions: Array.from(this.positions.subarray(0, this.kept * this.dimension)),
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

  /** Room for transitions, used or not. */
  get capacity(): number {
    return this.statistics.energy.length;
  }

  /** Draws recorded so far. */
  get kept(): number {
    return Math.floor(this.count / this.thinning);
  }

  /** Records the chain's next segment. */
  add({ phase, statistics, positions, seconds }: ChainSegment): void {
    if (phase === 'warmup') {
      this.warmupLeapfrog += sum(statistics.numLeapfrog);
      this.warmupDivergences += sum(statistics.divergent);
      this.warmupSeconds += seconds;
      return;
    }
    this.positions.set(positions, this.kept * this.dimension);
    for (const name of DRAW_STATISTICS) this.statistics[name].set(statistics[name], this.count);
    this.count += statistics.energy.length;
    this.sampleSeconds += seconds;
  }

  /** A statistic of the draws that are kept. */
  ofDraws(name: DrawStatistic): Float64Array {
    const { thinning } = this;
    return Float64Array.from({ length: this.kept }, (_, draw) => this.statistics[name][(draw + 1) * thinning - 1] ?? 0);
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
