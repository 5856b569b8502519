/** @file One chain of a run: how far it has come, wherever it is run. */
import type { Chain, ChainState } from './chain.ts';
import type { ChainDraws } from './draws.ts';
import type { ChainSegment } from './segment.ts';

/** What a run knows of a chain. */
export class ChainRun {
  /** From 0. */
  readonly index: number;
  readonly draws: ChainDraws;
  /** The chain as of its last segment, */
  private lastState: ChainState;
  /** and its log density there. */
  private lastLogDensity: number;
  private error: { readonly cause: unknown } | null = null;

  /** @param chain - where the run of it begins; `draws` has what it drew before. */
  constructor(index: number, chain: Chain, draws: ChainDraws) {
    this.index = index;
    this.draws = draws;
    this.lastState = chain.state;
    this.lastLogDensity = chain.current.logDensity;
  }

  get state(): ChainState {
    return this.lastState;
  }

  get logDensity(): number {
    return this.lastLogDensity;
  }

  /** Transitions in all, with those of warm-up. */
  get total(): number {
    return this.lastState.numWarmup + this.draws.capacity;
  }

  /** Whether it has all its draws. */
  get complete(): boolean {
    return this.lastState.iteration >= this.total;
  }

  /** Why it cannot go on, if it cannot. */
  get failure(): { readonly cause: unknown } | null {
    return this.error;
  }

  /** Records the next segment. */
  add(segment: ChainSegment): void {
    this.draws.add(segment);
    this.lastState = segment.state;
    this.lastLogDensity = segment.logDensity;
  }

  /** Records that it cannot go on. */
  fail(cause: unknown): void {
    this.error = { cause };
  }
}

/** What whoever runs chains tells of them. Where `segment` throws, all chains are to stop. */
export interface RunListener {
  segment(run: ChainRun, segment: ChainSegment): void;
  failed(run: ChainRun, cause: unknown): void;
}
