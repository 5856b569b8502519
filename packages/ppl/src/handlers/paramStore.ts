/** @file `paramStore`: keeps the parameters of what runs inside in a store of their own. */
import { getParamStore, ParamStore } from '../params/store.ts';
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import type { Stack } from '../runtime/stack.ts';
import { scopesOf } from '../runtime/stack.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';

export interface ParamStoreOptions {
  readonly store: ParamStore;
}

/**
 * Law: parameters inside are read from `store` instead of the process's own. The innermost store decides.
 *
 * @example Two models in one process, whose parameters may have the same names:
 * ```ts
 * const [first, second] = [new ParamStore(), new ParamStore()];
 * await handlers.paramStore({ store: first }).run(() => sviOfOne.run({ steps: 1000 }));
 * await handlers.paramStore({ store: second }).run(() => sviOfTheOther.run({ steps: 1000 }));
 * await first.save('one.safetensors');
 * ```
 */
export class ParamStoreHandler extends Handler {
  readonly store: ParamStore;

  constructor({ store }: ParamStoreOptions) {
    super();
    if (!(store instanceof ParamStore)) throw new TypeError('handlers.paramStore: store must be a ParamStore');
    this.store = store;
  }

  override process(message: Message): void {
    if (message.type === 'param') message.store ??= this.store;
  }
}

export const paramStore: HandlerForms<ParamStoreOptions, ParamStoreHandler> = handlerForms(
  'paramStore',
  ['store'],
  (options) => new ParamStoreHandler(options),
);

/** The store that parameters are read from under `stack`. */
export function storeInForce(stack: Stack): ParamStore {
  for (const { handler } of scopesOf(stack)) if (handler instanceof ParamStoreHandler) return handler.store;
  return getParamStore();
}
