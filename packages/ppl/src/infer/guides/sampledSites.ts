/** @file Which sites a part of a guide samples. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { Handler } from '../../runtime/handler.ts';
import type { Message } from '../../runtime/message.ts';

/** Notes the latent sites that it sees, under the names that the program gave them. Law: it changes nothing. */
export class SampledSites extends Handler {
  /** The values of the latent sites, but for auxiliary ones. */
  readonly values: Record<string, Tensor> = {};
  private readonly names = new WeakMap<Message, string>();
  private readonly met: (name: string) => void;

  /** @param met - is told of each latent site, auxiliary ones too, before anybody outside sees it. */
  constructor(met: (name: string) => void = () => undefined) {
    super();
    this.met = met;
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.isObserved) return;
    this.names.set(message, message.name);
    this.met(message.name);
  }

  override postprocess(message: Message): void {
    const name = this.names.get(message);
    if (message.type !== 'sample' || name === undefined || message.isObserved || message.value === null) return;
    if (message.infer.isAuxiliary !== true) this.values[name] = message.value;
  }
}
