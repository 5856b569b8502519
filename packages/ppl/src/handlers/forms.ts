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
 * @param allowed - the options' keys; others are refused, and the first must be given.
 */
export function handlerForms<O extends object, H extends Handler>(
  name: string,
  allowed: readonly string[],
  create: (options: O) => H,
): HandlerForms<O, H> {
  const checked = (options: O | undefined): H => {
    checkOptions(`handlers.${name}`, options, allowed);
    const given = options as Record<string, unknown> | undefined;
    const [required = ''] = allowed;
    if (options === undefined || given?.[required] === undefined) throw new TypeError(`handlers.${name}: needs the option "${required}"`);
    return create(options);
  };
  return bothForms(name, checked);
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
  return bothForms(name, checked);
}

function bothForms<O, H extends Handler>(name: string, create: (options: O | undefined) => H): OptionalHandlerForms<O, H> {
  function forms(fnOrOptions?: AnyFunction | O, options?: O): AnyFunction | H {
    if (typeof fnOrOptions !== 'function') {
      if (options !== undefined) throw new TypeError(`handlers.${name}: expected handlers.${name}(fn, options); its first argument is no function`);
      return create(fnOrOptions);
    }
    const fn = fnOrOptions as AnyFunction;
    create(options); // complains about the options now rather than at the first call
    return (...args: never[]) => create(options).run(() => fn(...args));
  }
  return forms as OptionalHandlerForms<O, H>;
}
