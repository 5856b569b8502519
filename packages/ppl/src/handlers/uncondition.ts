/** @file `uncondition`: makes observed sites latent again. */
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import type { OptionalHandlerForms } from './forms.ts';
import { optionalHandlerForms } from './forms.ts';

/** Law: observed sites are drawn instead; what they had observed is kept in `infer.obs`. */
export class UnconditionHandler extends Handler {
  override process(message: Message): void {
    if (message.type !== 'sample' || !message.isObserved) return;
    // A factor has no other outcome to draw: it stays what it is.
    if (message.distribution.name === 'factor') return;
    if (message.value !== null) message.infer = { ...message.infer, wasObserved: true, obs: message.value };
    message.isObserved = false;
    message.value = null;
  }
}

export const uncondition: OptionalHandlerForms<object, UnconditionHandler> = optionalHandlerForms(
  'uncondition',
  [],
  () => new UnconditionHandler(),
);
