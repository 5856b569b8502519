/** @file A stretch of a chain: what it did between two reports, as plain data that a worker can send. */
import type { Chain, ChainState } from './chain.ts';
import { DRAW_STATISTICS, type DrawStatistic } from './draws.ts';
import type { TransitionInfo } from './kernel.ts';
import { SiteRecorder } from './siteRecorder.ts';
import type { SiteValue, Target } from './target.ts';

/** Some transitions of a chain, all before or all after the end of warm-up, and where they led. */
export interface ChainSegment {
  readonly phase: 'warmup' | 'sample';
  /** The chain after the last of them, */
  readonly state: ChainState;
  /** and its log density there. */
  readonly logDensity: number;
  /** Of every transition, each `[transition]`; `divergent` is 0 or 1. */
  readonly statistics: Readonly<Record<DrawStatistic, Float64Array>>;
  /** The draws that are kept, `[draw, coordinate]`; none during warm-up. */
  readonly positions: Float64Array;
  /** The same draws as values of sites, each of shape `[draw, ...site shape]`. */
  readonly values: ReadonlyMap<string, SiteValue>;
  /** Time spent in transitions. */
  readonly seconds: number;
}

/** What is asked of a chain. */
export interface ChainWork {
  readonly constrain: Target['constrain'];
  /** Transitions after warm-up. */
  readonly numSamples: number;
  /** The last of every so many transitions is a draw to keep. */
  readonly thinning: number;
  /** How long the next segment is to take; default always {@link SEGMENT_MS}. */
  readonly milliseconds?: () => number;
}

/** Half a frame's patience: pages stay responsive, and what a report costs stays unnoticeable. */
export const SEGMENT_MS = 30;
const MOST_TRANSITIONS = 1024;
const MOST_NUMBERS = 2 ** 17;

/**
 * Runs `chain` to its end, a segment at a time: about 30 ms long, or up to the end of warm-up, or as much as fits into a
 * megabyte. Where segments end has no effect on the draws.
 *
 * @throws what the density or `constrain` throws; the transitions since the last segment are lost then.
 */
export function* chainSegments(chain: Chain, work: ChainWork): Generator<ChainSegment, void, void> {
  const end = chain.numWarmup + work.numSamples;
  const recorder = new SegmentRecorder(chain.current.position.length);
  while (chain.iteration < end) {
    const warmingUp = chain.iteration < chain.numWarmup;
    const last = warmingUp ? chain.numWarmup : end;
    const patience = work.milliseconds?.() ?? SEGMENT_MS;
    let milliseconds = 0;
    const start = performance.now();
    let now = start;
    do {
      const before = now;
      recorder.add(chain.step(), chain.current.logDensity);
      now = performance.now();
      milliseconds += now - before;
      if (!warmingUp && (chain.iteration - chain.numWarmup) % work.thinning === 0) {
        recorder.keep(chain.current.position, work.constrain);
        now = performance.now();
      }
    } while (chain.iteration < last && !recorder.full && now - start < patience);
    yield {
      phase: warmingUp ? 'warmup' : 'sample',
      state: chain.state,
      logDensity: chain.current.logDensity,
      seconds: milliseconds / 1000,
      ...recorder.take(),
    };
  }
}

/** Buffers that are used again for every segment; a {@link ChainSegment} has copies, of the right length. */
class SegmentRecorder {
  private readonly dimension: number;
  private readonly room: number;
  private readonly positions: Float64Array;
  private readonly statistics: Readonly<Record<DrawStatistic, Float64Array>>;
  private readonly sites: SiteRecorder = new SiteRecorder(MOST_NUMBERS);
  private transitions = 0;
  private draws = 0;

  constructor(dimension: number) {
    this.dimension = dimension;
    this.room = Math.max(1, Math.min(MOST_TRANSITIONS, Math.floor(MOST_NUMBERS / dimension)));
    this.positions = new Float64Array(this.room * dimension);
    this.statistics = eachStatistic(() => new Float64Array(this.room));
  }

  get full(): boolean {
    return this.transitions === this.room || this.draws === this.sites.room;
  }

  add(info: TransitionInfo, logDensity: number): void {
    const { statistics, transitions } = this;
    statistics.logDensity[transitions] = logDensity;
    statistics.energy[transitions] = info.energy;
    statistics.acceptProb[transitions] = info.acceptProb;
    statistics.treeDepth[transitions] = info.treeDepth;
    statistics.numLeapfrog[transitions] = info.numLeapfrog;
    statistics.divergent[transitions] = info.divergent ? 1 : 0;
    this.transitions++;
  }

  keep(position: Float64Array, constrain: ChainWork['constrain']): void {
    this.positions.set(position, this.draws * this.dimension);
    this.sites.add(constrain(position));
    this.draws++;
  }

  take(): Pick<ChainSegment, 'statistics' | 'positions' | 'values'> {
    const { transitions, draws } = this;
    this.transitions = 0;
    this.draws = 0;
    return {
      statistics: eachStatistic((name) => this.statistics[name].slice(0, transitions)),
      positions: this.positions.slice(0, draws * this.dimension),
      values: this.sites.take(),
    };
  }
}

function eachStatistic(make: (name: DrawStatistic) => Float64Array): Record<DrawStatistic, Float64Array> {
  return Object.fromEntries(DRAW_STATISTICS.map((name) => [name, make(name)])) as Record<DrawStatistic, Float64Array>;
}
