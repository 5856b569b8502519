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
  const workers: PoolWorker[] = [];
  const workOff = async (): Promise<void> => {
    let worker: PoolWorker | null = null;
    for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
      if (worker === null || worker.dead) {
        worker = new PoolWorker(options, run.draws);
        workers.push(worker);
      }
      await worker.run(run);
    }
    worker?.terminate();
  };
  let onAbort = (): void => undefined;
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
    for (const worker of workers) worker.terminate();
  }
}

/** A worker, and the chain that it is running. */
class PoolWorker {
  /** Whether it can run no more chains. */
  dead = false;
  private ready = false;
  private readonly worker: ChainWorker;
  private readonly listener: RunListener;
  private current: { readonly run: ChainRun; resolve(): void; reject(error: unknown): void } | null = null;

  /** @throws WorkerStartError where there are no workers. */
  constructor({ target, kernel, listener }: WorkersOptions, { capacity, thinning }: ChainRun['draws']) {
    this.listener = listener;
    try {
      this.worker = startChainWorker({
        message: (message) => this.hear(message as FromWorker),
        died: (error) => this.die(error),
      });
    } catch (error) {
      throw startError(error);
    }
    this.post({ type: 'setup', target, kernel, numSamples: capacity, thinning });
  }

  /** Runs a chain; resolves also when it fails. */
  async run(run: ChainRun): Promise<void> {
    return new Promise((resolve, reject) => {
      this.current = { run, resolve, reject };
      this.post({ type: 'run', state: run.state });
    });
  }

  /** Stops the worker at once; the promise of its chain is left as it is. */
  terminate(): void {
    this.dead = true;
    this.current = null;
    this.worker.terminate();
  }

  private post(message: ToWorker): void {
    this.worker.post(message);
  }

  private hear(message: FromWorker): void {
    if (message.type === 'ready') {
      this.ready = true;
      return;
    }
    const { current } = this;
    if (current === null) return;
    try {
      if (message.type === 'segment') {
        this.listener.segment(current.run, message.segment);
        return;
      }
      if (message.type === 'failed') this.listener.failed(current.run, message.error);
      current.resolve();
    } catch (error) {
      current.reject(error);
    }
    this.current = null;
  }

  private die(error: Error): void {
    this.dead = true;
    const { current } = this;
    this.current = null;
    if (current === null) return;
    if (this.ready) {
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
