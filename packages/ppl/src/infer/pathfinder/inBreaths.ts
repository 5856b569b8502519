/** @file Running a generator to its end without blocking the event loop. */
import { breathe } from '../../util/breathe.ts';

const BREATHE_MS = 30;

/**
 * What `steps` returns. The event loop gets its turn every 30 ms.
 *
 * @param onStep - called with each value that is yielded.
 * @throws the signal's reason when aborted, and what `steps` and `onStep` throw.
 */
export async function inBreaths<S, R>(
  steps: Generator<S, R, void>,
  signal: AbortSignal | undefined,
  onStep: (step: S) => void = () => undefined,
): Promise<R> {
  let lastBreath = performance.now();
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
    onStep(next.value);
    if (performance.now() - lastBreath > BREATHE_MS) {
      await breathe();
      lastBreath = performance.now();
    }
    signal?.throwIfAborted();
  }
}
