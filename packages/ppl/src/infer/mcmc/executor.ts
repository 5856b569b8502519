/** @file Where chains run: here, one after another, or side by side in workers. */
import { numProcessors } from '#platform';
import { warn } from '../../util/warn.ts';
import type { ChainRun, RunListener } from './chainRun.ts';
import type { McmcKernel } from './kernelOptions.ts';
import { runHere } from './runHere.ts';
import type { ChainSegment } from './segment.ts';
import type { Target } from './target.ts';
import { kernelData } from './workers/kernelData.ts';
import { runInWorkers, WorkerStartError, type WorkersOptions } from './workers/pool.ts';

/**
 * - `'sequential'`: one chain after another, here.
 * - `'workers'`: side by side in workers: threads in Node, Web Workers in a browser. For compiled models only.
 * - `'auto'`: in workers where that is possible and pays, else here.
 *
 * The draws are the same, bit for bit.
 */
export type Executor = 'auto' | 'sequential' | 'workers';

export interface ExecuteOptions {
  readonly executor: Executor;
  /** Workers at once; undefined for as many as there are processors. */
  readonly numWorkers: number | undefined;
  readonly kernel: McmcKernel;
  readonly target: Target;
  readonly listener: RunListener;
  readonly signal: AbortSignal | undefined;
}

/** About what it costs to start workers, and to warm up the code in them. */
const WORKER_START_MS = 150;
/** The first transitions are made by code that is not optimised yet, and say little of the next. */
const PROBE_MS = 60;

/**
 * Runs `runs` to their ends, unless they fail.
 *
 * @throws the signal's reason when aborted; what the listener throws; TypeError when workers are asked for, and the target
 *   or the kernel cannot be sent to them; WorkerStartError when they are asked for and do not start.
 */
export async function executeChains(runs: readonly ChainRun[], options: ExecuteOptions): Promise<void> {
  const { executor, numWorkers = numProcessors() } = options;
  const rest = () => runs.filter((run) => !run.complete && run.failure === null);
  const runThere = async (): Promise<void> => runInWorkers(rest(), { ...options, ...forWorkers(options), numWorkers });
  if (executor === 'workers') {
    await runThere();
    return;
  }
  const atOnce = Math.min(numWorkers, rest().length);
  const mayLeave = executor === 'auto' && atOnce > 1 && whyNoWorkers(options) === null;
  const isDone = await runHere(rest(), { ...options, ...(mayLeave && { leave: paysToLeave(runs, atOnce) }) });
  if (isDone) return;
  try {
    await runThere();
  } catch (error) {
    if (!(error instanceof WorkerStartError)) throw error;
    warn(`infer.MCMC: ${error.message}. The chains are run one after another instead.`);
    await runHere(rest(), options);
  }
}

/** Whether what is left of `runs` takes so long, at the pace of the last segment, that workers would be done earlier. */
function paysToLeave(runs: readonly ChainRun[], atOnce: number): (segment: ChainSegment) => boolean {
  const begin = performance.now();
  return ({ statistics, seconds }) => {
    if (performance.now() - begin < PROBE_MS) return false;
    const left = runs.reduce((sum, run) => sum + (run.failure === null ? run.total - run.state.iteration : 0), 0);
    const milliseconds = ((1000 * seconds) / statistics.energy.length) * left;
    return milliseconds > WORKER_START_MS + milliseconds / atOnce;
  };
}

/** Why `target` or `kernel` cannot be sent to a worker; null if they can. */
function whyNoWorkers({ target, kernel }: ExecuteOptions): string | null {
  if (target.toWorker === undefined) {
    return 'only a compiled model can be sent to workers, no log density written in JavaScript and no model on the eager engine';
  }
  return kernelData(kernel) === null ? 'workers know no kernels but NUTS and HMC' : null;
}

/** @throws TypeError where {@link whyNoWorkers} says why. */
function forWorkers(options: ExecuteOptions): Pick<WorkersOptions, 'target' | 'kernel'> {
  const target = options.target.toWorker?.();
  const kernel = kernelData(options.kernel);
  if (target === undefined || kernel === null) {
    throw new TypeError(`infer.MCMC: executor 'workers': ${whyNoWorkers(options)}. Leave the option out.`);
  }
  return { target, kernel };
}
