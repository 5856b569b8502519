/** @file `condition`: observes latent sites at given values. */
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import type { SiteData } from './data.ts';
import { DataLookup } from './data.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';
import { whenDone } from './whenDone.ts';

export interface ConditionOptions {
  readonly data: SiteData;
}

/**
 * Law: sites named in `data` are observed there, with that value; nothing else changes. Of two nested `condition`s for
 * one site the outer one wins. Names that met no site are warned of when the scope ends.
 */
export class ConditionHandler extends Handler {
  private readonly data: DataLookup;

  constructor({ data }: ConditionOptions) {
    super();
    this.data = new DataLookup('handlers.condition', data);
  }

  override process(message: Message): void {
    if (message.type !== 'sample') return;
    const value = this.data.find(message.name);
    if (value === null) return;
    message.value = value;
    message.isObserved = true;
  }

  override run<R>(body: () => R): R {
    return whenDone(super.run(body), () => this.data.warnOfUnused('handlers.condition'));
  }
}

export const condition: HandlerForms<ConditionOptions, ConditionHandler> = handlerForms(
  'condition',
  ['data'],
  (options) => new ConditionHandler(options),
);
