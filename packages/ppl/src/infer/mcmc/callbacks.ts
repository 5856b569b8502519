/** @file What asynchronous callbacks still do while a run goes on. */
import { isPromise } from '../../handlers/whenDone.ts';

/** The promises that callbacks returned. None of them rejects unheard. */
export class Callbacks {
  private readonly pending: Set<Promise<void>> = new Set();
  private failure: { readonly cause: unknown } | null = null;

  /** Watches what a callback returned. */
  add(returned: unknown): void {
    if (!isPromise(returned)) return;
    const watched = this.watch(returned);
    this.pending.add(watched);
    void watched.then(() => this.pending.delete(watched));
  }

  /** @throws what the first callback threw that failed so far. */
  check(): void {
    if (this.failure !== null) throw this.failure.cause;
  }

  /** Waits for all of them. @throws what the first threw that failed. */
  async done(): Promise<void> {
    await Promise.all(this.pending);
    this.check();
  }

  private async watch(promise: PromiseLike<unknown>): Promise<void> {
    try {
      await promise;
    } catch (cause) {
      this.failure ??= { cause };
    }
  }
}
