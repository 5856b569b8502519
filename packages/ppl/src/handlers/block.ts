/** @file `block`: hides sites from the handlers around it. */
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import type { OptionalHandlerForms } from './forms.ts';
import { optionalHandlerForms } from './forms.ts';
import type { SiteFilter } from './siteFilter.ts';
import { SITE_FILTER_KEYS, hiddenBy } from './siteFilter.ts';

/** Law: hidden sites behave as if the handlers outside were not there; the others as if this one were not. */
export class BlockHandler extends Handler {
  private readonly isHidden: (message: Message) => boolean;

  constructor(filter: SiteFilter) {
    super();
    this.isHidden = hiddenBy('handlers.block', filter);
  }

  override process(message: Message): void {
    // Questions for a random stream are no sites; they would break the seeding of what is inside.
    if (message.type !== 'stream' && this.isHidden(message)) message.stop = true;
  }
}

export const block: OptionalHandlerForms<SiteFilter, BlockHandler> = optionalHandlerForms(
  'block',
  SITE_FILTER_KEYS,
  (options) => new BlockHandler(options),
);
