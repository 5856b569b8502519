/** @file `seed`: makes randomness a function of a number. */
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import { RandomStream } from '../random/stream.ts';
import { withHandler } from '../runtime/stack.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';

export interface SeedOptions {
  /** An integer, or a stream (which is not advanced). */
  readonly seed: number | RandomStream;
}

/**
 * Law: everything drawn inside is a function of `seed`, the site's name, and how often that name was met in this scope.
 * So adding, removing or reordering other sites leaves a site's draw as it was. The innermost `seed` decides.
 */
export class SeedHandler extends Handler {
  private readonly stream: RandomStream;
  private readonly met = new Map<string, number>();

  constructor({ seed }: SeedOptions) {
    super();
    this.stream = seed instanceof RandomStream ? seed.copy() : RandomStream.fromSeed(seed);
  }

  /** Also for sites that have a value: a handler further out may take it away again, as `uncondition` does. */
  override process(message: Message): void {
    if (message.stream !== null) return;
    if (message.type !== 'sample' && message.type !== 'stream' && message.type !== 'plate') return;
    const times = this.met.get(message.name) ?? 0;
    this.met.set(message.name, times + 1);
    message.stream = this.stream.fold(message.name).fold(times);
  }

  /** Every scope counts anew, so it gets a handler of its own. */
  override run<R>(body: () => R): R {
    return withHandler(new SeedHandler({ seed: this.stream }), body);
  }
}

export const seed: HandlerForms<SeedOptions, SeedHandler> = handlerForms('seed', ['seed'], (options) => new SeedHandler(options));
