/** @file `block`: hides sites from the handlers around it. */
import { randomStream } from '../primitives.ts';
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import type { OptionalHandlerForms } from './forms.ts';
import { optionalHandlerForms } from './forms.ts';
import type { SiteFilter } from './siteFilter.ts';
import { SITE_FILTER_KEYS, hiddenBy } from './siteFilter.ts';

/**
 * Law: hidden sites behave as if the handlers outside were not there; the others as if this one were not. Only `seed`
 * reaches through: what is drawn inside is a function of the seed, hidden or not.
 */
export class BlockHandler extends Handler {
  private readonly isHidden: (message: Message) => boolean;

  constructor(filter: SiteFilter) {
    super();
    this.isHidden = hiddenBy('handlers.block', filter);
  }

  override process(message: Message): void {
    if (message.type === 'stream' || !this.isHidden(message)) return;
    message.stop = true;
    const draws = message.type === 'sample' || message.type === 'plate';
    if (draws && message.value === null) message.stream ??= randomStream(message.name);
  }
}

export const block: OptionalHandlerForms<SiteFilter, BlockHandler> = optionalHandlerForms(
  'block',
  SITE_FILTER_KEYS,
  (options) => new BlockHandler(options),
);
