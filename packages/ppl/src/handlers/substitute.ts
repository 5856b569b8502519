/** @file `substitute`: fixes the values of sites without observing them. */
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import type { SiteData } from './data.ts';
import { DataLookup } from './data.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';

export interface SubstituteOptions {
  readonly data: SiteData;
}

/**
 * Law: unobserved sample sites, parameters and deterministic sites named in `data` take that value and stay what they
 * were otherwise. Of two nested `substitute`s for one site the inner one wins.
 */
export class SubstituteHandler extends Handler {
  private readonly data: DataLookup;

  constructor({ data }: SubstituteOptions) {
    super();
    this.data = new DataLookup('handlers.substitute', data);
  }

  override process(message: Message): void {
    if (message.type === 'deterministic') {
      message.value = this.data.find(message.name) ?? message.value;
    } else if ((message.type === 'sample' || message.type === 'param') && message.value === null) {
      message.value = this.data.find(message.name);
    }
  }
}

export const substitute: HandlerForms<SubstituteOptions, SubstituteHandler> = handlerForms(
  'substitute',
  ['data'],
  (options) => new SubstituteHandler(options),
);
