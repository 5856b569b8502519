/** @file The error of losses that cannot be part of a compiled step. */

/**
 * Something here needs to run eagerly, such as a loss that remembers numbers from step to step. Engine `'auto'` takes it as a
 * reason to stay eager; `'compiled'` reports it.
 */
export class NotTraceable extends Error {
  override readonly name: string = 'NotTraceable';
}
