/** @file The two forms of every handler: around a function, or as a scope. */
import type { Handler } from '../runtime/handler.ts';
import { checkOptions } from '../util/options.ts';

type AnyFunction = (...args: never[]) => unknown;

/** `handler(fn, options)` gives a function, `handler(options).run(body)` opens a scope; both mean the same. */
export interface HandlerForms<O, H extends Handler> {
  <F extends AnyFunction>(fn: F, options: O): F;
  (options: O): H;
}

/** The same for handlers whose options may be left out. */
export interface OptionalHandlerForms<O, H extends Handler> {
  <F extends AnyFunction>(fn: F, options?: O): F;
  (options?: O): H;
}

/**
 * Makes both forms from `create`. In the function form every call opens a handler of its own, so that calls which
 * interleave do not share state.
 *
 * @param allowed - the options' keys; others are refused.
 */
export function handlerForms<O extends object, H extends Handler>(
  name: string,
  allowed: readonly string[],
  create: (options: O) => H,
): HandlerForms<O, H> {
  const checked = (options: O | undefined): H => {
    if (options === undefined) throw new TypeError(`handlers.${name}: needs options { ${allowed.join(', ')} }`);
    checkOptions(`handlers.${name}`, options, allowed);
    return create(options);
  };
  return bothForms(checked);
}

/** {@link handlerForms} for a handler whose options may be left out. */
export function optionalHandlerForms<O extends object, H extends Handler>(
  name: string,
  allowed: readonly string[],
  create: (options: O) => H,
): OptionalHandlerForms<O, H> {
  const checked = (options: O | undefined): H => {
    checkOptions(`handlers.${name}`, options, allowed);
    return create(options ?? ({} as O));
  };
  return bothForms(checked);
}

function bothForms<O, H extends Handler>(create: (options: O | undefined) => H): OptionalHandlerForms<O, H> {
  function forms(fnOrOptions?: AnyFunction | O, options?: O): AnyFunction | H {
    if (typeof fnOrOptions !== 'function') return create(fnOrOptions);
    const fn = fnOrOptions as AnyFunction;
    create(options); // complains about the options now rather than at the first call
    return (...args: never[]) => create(options).run(() => fn(...args));
  }
  return forms as OptionalHandlerForms<O, H>;
}
