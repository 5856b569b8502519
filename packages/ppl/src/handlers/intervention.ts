/** @file `doIntervention`: sets sites by force, as an experiment would. */
import { Handler } from '../runtime/handler.ts';
import type { Message, SampleMessage } from '../runtime/message.ts';
import { send } from '../runtime/stack.ts';
import { warn } from '../util/warn.ts';
import { draw } from '../primitives.ts';
import type { SiteData } from './data.ts';
import { DataLookup } from './data.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';
import { whenDone } from './whenDone.ts';

export interface InterventionOptions {
  readonly data: SiteData;
}

/**
 * Law: what comes after a site named in `data` sees the given value; the site itself is drawn as ever, under its own name,
 * and has no influence. (The split nodes of Richardson and Robins, "Single World Intervention Graphs", 2013.)
 *
 * Inner handlers see the fixed half under the name `NAME__CF`.
 */
export class InterventionHandler extends Handler {
  private readonly data: DataLookup;

  constructor({ data }: InterventionOptions) {
    super();
    this.data = new DataLookup('handlers.doIntervention', data);
  }

  override process(message: Message): void {
    if (message.type !== 'sample') return;
    const value = this.data.find(message.name);
    if (value === null) return;
    if (message.infer['intervened'] === true) {
      warn(`handlers.doIntervention: site "${message.name}" is set twice; only the inner intervention has an effect`);
      return;
    }
    const natural: SampleMessage = { ...message, infer: { ...message.infer, intervened: true } };
    send(natural, draw);
    message.name = `${message.name}__CF`;
    message.value = value;
    message.isObserved = true;
    message.stop = true;
  }

  override run<R>(body: () => R): R {
    return whenDone(super.run(body), () => this.data.warnOfUnused('handlers.doIntervention'));
  }
}

export const doIntervention: HandlerForms<InterventionOptions, InterventionHandler> = handlerForms(
  'doIntervention',
  ['data'],
  (options) => new InterventionHandler(options),
);
