/** @file The handler stack: the whole effect system. */
import { createContext } from '#platform';
import type { Handler } from './handler.ts';
import type { Message } from './message.ts';
import { SiteError } from './siteError.ts';

/** A handler in force, and what was in force around it: a stack is its innermost scope. */
export interface Scope {
  readonly handler: Handler;
  readonly outer: Stack;
}

/** `null` is the empty stack. */
export type Stack = Scope | null;

const current = createContext<Stack>();

/** The stack in force, to be put back later by {@link withStack}. */
export function currentStack(): Stack {
  return current.get() ?? null;
}

/** Runs `body` under `stack`, whatever is in force now. Long-running engines do this at each of their steps. */
export function withStack<R>(stack: Stack, body: () => R): R {
  return current.run(stack, body);
}

/** Runs `body` with `handler` as the innermost handler. */
export function withHandler<R>(handler: Handler, body: () => R): R {
  const outer = currentStack();
  for (const scope of scopesOf(outer)) {
    if (scope.handler === handler) {
      throw new Error(`${handler.constructor.name} is in force already: one handler cannot be opened twice; make another.`);
    }
  }
  return withStack({ handler, outer }, body);
}

/** The scopes of `stack`, innermost first. */
export function* scopesOf(stack: Stack): Generator<Scope> {
  for (let scope = stack; scope !== null; scope = scope.outer) yield scope;
}

/**
 * Sends `message` through the stack and answers it: outwards through `process` until a handler stops it, then `answer`
 * if nobody gave a value, then back inwards through `postprocess`.
 *
 * @throws SiteError that names the site, around whatever a handler or `answer` threw.
 */
export function send<M extends Message>(message: M, answer: (message: M) => NonNullable<M['value']>): NonNullable<M['value']> {
  const visited: Scope[] = [];
  try {
    for (const scope of scopesOf(currentStack())) {
      visited.push(scope);
      withStack(scope.outer, () => scope.handler.process(message));
      if (message.stop) break;
    }
    if (message.value === null) message.value = answer(message);
    for (const scope of visited.reverse()) {
      withStack(scope.outer, () => scope.handler.postprocess(message));
    }
  } catch (error) {
    throw SiteError.at(message, error);
  }
  const value = message.value;
  if (value === null || value === undefined) throw new SiteError(message, 'a handler took the value away');
  return value as NonNullable<M['value']>;
}
