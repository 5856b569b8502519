/** @file A chain that could not go on. */
import type { ChainState } from './chain.ts';
import type { ChainRun } from './chainRun.ts';

/** A chain that failed: its density threw, or its worker died. The other chains went on to their ends. */
export class ChainError extends Error {
  override readonly name: string = 'ChainError';
  /** Which chain, from 0; the first, when several failed. */
  readonly chain: number;
  /** The last that is known of it: `checkpoint()` has it too, and `resume()` goes on from there. */
  readonly state: ChainState;

  /** @param runs - all chains of the run. */
  constructor(failed: ChainRun, cause: unknown, runs: readonly ChainRun[]) {
    const { index, state, total } = failed;
    const reason = messageOf(cause).replace(/\.$/, '');
    const sentences = [`chain ${index} failed after ${state.iteration} of ${total} transitions: ${reason}`];
    const others = runs.filter((run) => run.failure !== null && run !== failed);
    if (others.length > 0) sentences.push(`So did ${names(others)}`);
    const complete = runs.filter((run) => run.complete);
    if (complete.length > 0) sentences.push(`getSamples() and all else has the draws of ${names(complete)}`);
    sentences.push('checkpoint() has all there is, for resume() to go on from');
    super(`${sentences.join('. ')}.`, { cause });
    this.chain = index;
    this.state = state;
  }
}

function names(runs: readonly ChainRun[]): string {
  return `chain${runs.length > 1 ? 's' : ''} ${runs.map(({ index }) => index).join(', ')}`;
}

/** The message of what was thrown, which need not be of this realm's `Error`. */
export function messageOf(thrown: unknown): string {
  const { message } = (thrown ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? message : String(thrown);
}
