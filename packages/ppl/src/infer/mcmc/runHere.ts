/** @file Running chains one after another, here, without blocking the event loop. */
import { breathe } from '../../util/breathe.ts';
import { Chain } from './chain.ts';
import type { ChainRun, RunListener } from './chainRun.ts';
import type { McmcKernel } from './kernelOptions.ts';
import { chainSegments, type ChainSegment } from './segment.ts';
import type { Target } from './target.ts';

export interface RunHereOptions {
  readonly kernel: McmcKernel;
  readonly target: Pick<Target, 'density' | 'constrain'>;
  readonly listener: RunListener;
  readonly signal: AbortSignal | undefined;
  /** Asked after each segment; true ends the run early. */
  readonly leave?: (segment: ChainSegment) => boolean;
}

/**
 * Runs `runs` to their ends, one after another. After every segment, that is every 30 ms, it lets the event loop turn and
 * looks at `signal`.
 *
 * @returns false when `leave` ended it early.
 * @throws the signal's reason when aborted, and what the listener throws; a chain that throws is told to the listener.
 */
export async function runHere(runs: readonly ChainRun[], options: RunHereOptions): Promise<boolean> {
  const { listener, signal, leave } = options;
  for (const run of runs) {
    signal?.throwIfAborted();
    for (const segment of segmentsOf(run, options)) {
      listener.segment(run, segment);
      await breathe();
      signal?.throwIfAborted();
      if (leave?.(segment) === true) return false;
    }
  }
  return true;
}

/** The segments of a chain, up to where it throws, which the listener is told; what is thrown at a segment is not caught. */
function* segmentsOf(run: ChainRun, { kernel, target, listener }: RunHereOptions): Generator<ChainSegment, void, void> {
  try {
    yield* chainSegments(Chain.resume(kernel, target.density, run.state), {
      constrain: (q) => target.constrain(q),
      numSamples: run.draws.capacity,
      thinning: run.draws.thinning,
    });
  } catch (error) {
    listener.failed(run, error);
  }
}
