/** @file `scope`: puts a prefix before names, so that a model can be used twice inside another. */
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';

export interface ScopeOptions {
  readonly prefix: string;
  /** What stands between prefix and name: `/` by default. */
  readonly divider?: string;
}

/** Law: all sites, parameters and plates inside are called `prefix/name`; nothing else changes. */
export class ScopeHandler extends Handler {
  private readonly prefix: string;

  constructor({ prefix, divider = '/' }: ScopeOptions) {
    super();
    this.prefix = prefix + divider;
  }

  override process(message: Message): void {
    message.name = this.prefix + message.name;
    // Frames come from plates inside of this scope: those outside add theirs later.
    message.plates = message.plates.map((frame) => ({ ...frame, name: this.prefix + frame.name }));
  }
}

export const scope: HandlerForms<ScopeOptions, ScopeHandler> = handlerForms(
  'scope',
  ['prefix', 'divider'],
  (options) => new ScopeHandler(options),
);
