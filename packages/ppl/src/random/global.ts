/** @file The stream that draws come from when no `seed` handler is in force. */
import { RandomStream } from './stream.ts';

let root: RandomStream | null = null;

/**
 * Makes every later draw of the process a function of `seed`.
 *
 * @throws RangeError when `seed` is not a safe integer.
 */
export function setSeed(seed: number): void {
  root = RandomStream.fromSeed(seed);
}

/** The process's own stream; seeded from the clock when {@link setSeed} was never called. */
export function globalStream(): RandomStream {
  root ??= RandomStream.fromSeed(Date.now());
  return root;
}
