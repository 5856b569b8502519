/** @file What is known of one chain of SG-MCMC. */
import type { SampleArray } from '../mcmc/samples.ts';
import type { SampleStore } from '../mcmc/samples.ts';
import type { SiteValue } from '../mcmc/target.ts';
import type { SgmcmcChainState } from './checkpoint.ts';
import type { ChainPoint } from './sampler.ts';

/** How a chain went. */
export interface SgmcmcDiagnostics {
  /** From 0. */
  readonly chain: number;
  /** Steps taken, burn-in and exploration included. */
  readonly steps: number;
  /** The mean of the potential energies, -log p in unconstrained space, that the sampling steps began with, by their batches. */
  readonly potential: number;
  readonly wallSeconds: number;
}

/** A chain, as far as it has come. */
export class ChainRecord {
  readonly index: number;
  step = 0;
  /** Draws so far. */
  numDraws = 0;
  /** Where it stood when it was last looked at. */
  point: ChainPoint | null = null;
  seconds = 0;
  private potential = 0;
  private sampled = 0;

  constructor(index: number) {
    this.index = index;
  }

  /** The chain that `state` was taken of; its draws go to `store`. */
  static fromState(index: number, state: SgmcmcChainState, numDraws: number, store: SampleStore): ChainRecord {
    const { step, position, kernel, draws, potential, sampled, seconds } = state;
    store.set(index, 0, new Map(Object.entries(draws)));
    return Object.assign(new ChainRecord(index), { step, numDraws, point: { position, kernel }, potential, sampled, seconds });
  }

  /** Notes what a sampling step began with. */
  note(potential: number): void {
    this.potential += potential;
    this.sampled++;
  }

  /** Notes a draw. */
  add(values: Readonly<Record<string, SiteValue>>, store: SampleStore | null): void {
    const asDraw = ([name, { data, shape }]: [string, SiteValue]): [string, SiteValue] => [name, { data, shape: [1, ...shape] }];
    store?.set(this.index, this.numDraws, new Map(Object.entries(values).map(asDraw)));
    this.numDraws++;
  }

  /** The chain as data; null before its first step. @param point - where it stands. */
  async state(point: Promise<ChainPoint> | null, draws: Readonly<Record<string, SampleArray>>): Promise<SgmcmcChainState | null> {
    const { step, potential, sampled, seconds } = this;
    const { position, kernel } = (await point) ?? this.point ?? {};
    if (position === undefined || kernel === undefined || kernel === null) return null;
    return { step, position, kernel, draws, potential, sampled, seconds };
  }

  get diagnostics(): SgmcmcDiagnostics {
    const { index, step, potential, sampled, seconds } = this;
    return { chain: index, steps: step, potential: potential / sampled, wallSeconds: seconds };
  }
}
