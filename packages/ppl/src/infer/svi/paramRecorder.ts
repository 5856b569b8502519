/** @file Which parameters a run has read. */
import type { Variable } from '@tensorflow/tfjs-core';
import { getParamStore } from '../../params/store.ts';
import type { ParamStore } from '../../params/store.ts';
import { Handler } from '../../runtime/handler.ts';
import type { Message } from '../../runtime/message.ts';
import { nextTensorId } from '../../util/tensors.ts';

/**
 * Notes the variables behind the parameters that it sees, each once, in the order of their first reading. Those with
 * `infer: { trainable: false }` are left out. Law: it changes nothing.
 */
export class ParamRecorder extends Handler {
  private readonly found: (name: string, variable: Variable) => void;
  private readonly seen = new Set<Variable>();

  constructor(found: (name: string, variable: Variable) => void) {
    super();
    this.found = found;
  }

  override postprocess(message: Message): void {
    if (message.type !== 'param' || message.variable === null || this.seen.has(message.variable)) return;
    if (message.infer['trainable'] === false) return;
    this.seen.add(message.variable);
    this.found(message.name, message.variable);
  }
}

/** Notes the parameters that came into being since it was made, so that they can be removed again. */
export class NewParams extends Handler {
  private readonly firstId = nextTensorId();
  private readonly made = new Map<Variable, { readonly store: ParamStore; readonly name: string }>();

  override postprocess(message: Message): void {
    if (message.type !== 'param' || message.variable === null || message.variable.id < this.firstId) return;
    this.made.set(message.variable, { store: message.store ?? getParamStore(), name: message.name });
  }

  remove(): void {
    for (const { store, name } of this.made.values()) store.delete(name);
    this.made.clear();
  }
}
