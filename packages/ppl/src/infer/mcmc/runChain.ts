/** @file Running a chain to its end without blocking the event loop. */
import { breathe } from '../../util/breathe.ts';
import type { ProgressSink } from '../../util/progress.ts';
import type { Chain } from './chain.ts';
import type { ChainDraws } from './draws.ts';

/** How far a run has come. */
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

/** Shows `progress` as a line of `sink`. */
export function showProgress(sink: ProgressSink, progress: McmcProgress): void {
  const { chain, numChains, phase, iteration, total, stepSize, acceptProb, divergences } = progress;
  sink.update({
    label: `${numChains > 1 ? `chain ${chain + 1}/${numChains} ` : ''}${phase}`,
    current: iteration,
    total,
    metrics: { step: stepSize, accept: acceptProb, divergences },
  });
}

export interface RunChainOptions {
  readonly onProgress?: ((progress: McmcProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Which chain this is, for progress. */
  readonly chain: number;
  readonly numChains: number;
}

/** Half a frame's patience: pages stay responsive, and the cost of yielding stays unnoticeable. */
const BREATH_MS = 30;

/**
 * Makes transitions until `draws` is full. Every 30 ms, and at the end of warm-up and of the run, it reports progress,
 * lets the event loop turn and looks at `signal`. None of that changes the draws.
 *
 * @throws the signal's reason (an AbortError unless it was given another) when aborted; chain and draws stay resumable.
 */
export async function runChain(chain: Chain, draws: ChainDraws, options: RunChainOptions): Promise<void> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const end = chain.numWarmup + draws.capacity;
  let sumAcceptProb = 0;
  let seen = 0;
  let divergences = 0;
  let lastBreath = performance.now();
  while (chain.iteration < end) {
    const warmingUp = chain.iteration < chain.numWarmup;
    const info = chain.step();
    if (warmingUp) draws.addWarmup(info);
    else draws.add(chain.current, info);
    sumAcceptProb += info.acceptProb;
    seen++;
    if (info.divergent) divergences++;

    const phaseEnds = chain.iteration === chain.numWarmup || chain.iteration === end;
    const now = performance.now();
    if (!phaseEnds && now - lastBreath < BREATH_MS) continue;
    const seconds = (now - lastBreath) / 1000;
    if (warmingUp) draws.warmupSeconds += seconds;
    else draws.sampleSeconds += seconds;
    onProgress?.({
      chain: options.chain,
      numChains: options.numChains,
      phase: warmingUp ? 'warmup' : 'sample',
      iteration: warmingUp ? chain.iteration : draws.count,
      total: warmingUp ? chain.numWarmup : draws.capacity,
      stepSize: chain.stepSize,
      acceptProb: sumAcceptProb / seen,
      divergences,
    });
    if (phaseEnds) {
      sumAcceptProb = 0;
      seen = 0;
      divergences = 0;
    }
    await breathe();
    signal?.throwIfAborted();
    lastBreath = performance.now();
  }
}
