/** @file Running chains in workers, side by side. */
import { startChainWorker } from '#platform';
import type { ChainWorker } from '../../../platform/platform.ts';
import { messageOf } from '../chainError.ts';
import type { ChainRun, RunListener } from '../chainRun.ts';
import type { KernelData } from './kernelData.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import type { WorkerTarget } from './workerTarget.ts';

export interface WorkersOptions {
  readonly target: WorkerTarget;
  readonly kernel: KernelData;
  /** At most so many at once. */
  readonly numWorkers: number;
  readonly listener: RunListener;
  readonly signal: AbortSignal | undefined;
}

/** No worker could be started. */
export class WorkerStartError extends Error {
  override readonly name: string = 'WorkerStartError';
}

/**
 * Runs `runs` to their ends in workers, each of which takes a chain after another. All workers are gone when this returns
 * or throws: an abort stops them in the middle of a transition, and what came of their last segments is lost.
 *
 * @throws the signal's reason when aborted; what the listener throws; WorkerStartError when no worker starts. A chain that
 *   throws, or whose worker dies, is told to the listener.
 */
export async function runInWorkers(runs: readonly ChainRun[], options: WorkersOptions): Promise<void> {
  const { signal, numWorkers } = options;
  signal?.throwIfAborted();
  const queue = [...runs];
  const crew = new Set<Hand>();
  const workOff = async (): Promise<void> => {
    let hand: Hand | null = null;
    for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
      if (hand === null || hand.dead) {
        hand = new Hand(options, run.draws);
        crew.add(hand);
      }
      await hand.run(run);
    }
    hand?.dismiss();
  };
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort);
  });
  try {
    const all = Array.from({ length: Math.min(numWorkers, runs.length) }, workOff);
    await Promise.race([Promise.all(all), aborted]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    queue.length = 0;
    for (const hand of crew) hand.dismiss();
  }
}

/** A worker, and the chain that it is running. */
class Hand {
  dead = false;
  private ready = false;
  private readonly worker: ChainWorker;
  private readonly listener: RunListener;
  private current: { readonly run: ChainRun; resolve(): void; reject(error: unknown): void } | null = null;

  constructor({ target, kernel, listener }: WorkersOptions, draws: ChainRun['draws']) {
    this.listener = listener;
    try {
      this.worker = startChainWorker({
        message: (message) => this.hear(message as FromWorker),
        died: (error) => this.die(error),
      });
    } catch (error) {
      throw startError(error);
    }
    this.send({ type: 'setup', target, kernel, numSamples: draws.capacity, thinning: draws.thinning });
  }

  /** Runs a chain; resolves also when it fails. */
  async run(run: ChainRun): Promise<void> {
    return new Promise((resolve, reject) => {
      this.current = { run, resolve, reject };
      this.send({ type: 'run', state: run.state });
    });
  }

  /** Stops the worker at once. */
  dismiss(): void {
    this.dead = true;
    this.current = null;
    this.worker.terminate();
  }

  private send(message: ToWorker): void {
    this.worker.post(message);
  }

  private hear(message: FromWorker): void {
    if (message.type === 'ready') this.ready = true;
    const { current } = this;
    if (current === null) return;
    try {
      if (message.type === 'segment') {
        this.listener.segment(current.run, message.segment);
      } else if (message.type !== 'ready') {
        if (message.type === 'failed') this.listener.failed(current.run, message.error);
        this.current = null;
        current.resolve();
      }
    } catch (error) {
      this.current = null;
      current.reject(error);
    }
  }

  private die(error: Error): void {
    this.dead = true;
    const { current, ready } = this;
    this.current = null;
    if (current === null) return;
    if (ready) {
      this.listener.failed(current.run, error);
      current.resolve();
    } else {
      current.reject(startError(error));
    }
  }
}

function startError(cause: unknown): WorkerStartError {
  return new WorkerStartError(`a worker could not be started: ${messageOf(cause)}`, { cause });
}
