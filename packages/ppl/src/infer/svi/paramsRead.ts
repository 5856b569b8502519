/** @file Which parameters steps have read, for checkpoints. */
import { storeInForce } from '../../handlers/paramStore.ts';
import type { ParamStore } from '../../params/store.ts';
import { getParamStore } from '../../params/store.ts';
import { Handler } from '../../runtime/handler.ts';
import type { Message } from '../../runtime/message.ts';
import { currentStack } from '../../runtime/stack.ts';

/** Notes the names of parameters by the stores that they live in. Law: it changes nothing. */
export class ParamsRead extends Handler {
  private readonly names = new WeakMap<ParamStore, Set<string>>();
  private stray: string | null = null;

  override postprocess(message: Message): void {
    if (message.type !== 'param') return;
    const store = message.store ?? getParamStore();
    // The stack in force is that around the run: handlers that the model opens itself are not in it.
    if (store !== storeInForce(currentStack())) this.stray = message.name;
    this.add(store, message.name);
  }

  add(store: ParamStore, name: string): void {
    const names = this.names.get(store) ?? new Set();
    this.names.set(store, names.add(name));
  }

  /**
   * The names of the parameters in `store`.
   *
   * @throws Error when some live in another store, which the model or the guide opens itself: when the run is resumed, nobody
   * would know where to put them.
   */
  in(store: ParamStore): string[] {
    if (this.stray !== null) {
      throw new Error(
        `svi.run: no checkpoint can be taken: param "${this.stray}" lives in a store that the model or guide opens itself; open it ` +
          'around the run instead: handlers.paramStore({ store }).run(() => svi.run(...))',
      );
    }
    return [...(this.names.get(store) ?? [])].filter((name) => store.has(name));
  }
}
