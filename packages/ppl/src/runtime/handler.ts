/** @file A handler: something that changes what primitives mean while a function runs. */
import type { Message } from './message.ts';
import { withHandler } from './stack.ts';

/**
 * Base of all handlers. `process` sees a message on its way out, before it has a value; `postprocess` sees it on its way
 * back, when it has one. A handler runs outside its own scope: what it samples itself only the handlers around it see.
 */
export abstract class Handler {
  process(_message: Message): void {}

  postprocess(_message: Message): void {}

  /**
   * Runs `body` inside this handler's scope and returns what it returns.
   *
   * The scope ends when `body` does, also when it throws. If `body` is asynchronous, the scope covers all of it in Node;
   * in a browser it covers what runs before the first `await`, and engines started there keep it to their end.
   */
  run<R>(body: () => R): R {
    return withHandler(this, body);
  }
}
