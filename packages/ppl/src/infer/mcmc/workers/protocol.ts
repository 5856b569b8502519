/** @file What pages and programs say to the workers that run their chains, and what these answer. */
import type { ChainState } from '../chain.ts';
import type { ChainSegment } from '../segment.ts';
import type { KernelData } from './kernelData.ts';
import type { WorkerTarget } from './workerTarget.ts';

/** The first message to a worker. */
export interface Setup {
  readonly type: 'setup';
  readonly target: WorkerTarget;
  readonly kernel: KernelData;
  readonly numSamples: number;
  readonly thinning: number;
}

/** Asks a worker to run a chain to its end; it answers with segments, and `done` or `failed`. */
export interface RunChain {
  readonly type: 'run';
  readonly state: ChainState;
}

export type ToWorker = Setup | RunChain;

export type FromWorker =
  /** Sent once, as soon as it listens. */
  | { readonly type: 'ready' }
  | { readonly type: 'segment'; readonly segment: ChainSegment }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: Error };
