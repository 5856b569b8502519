/** @file `doIntervention`: sets sites by force, as an experiment would. */
import { sendSample } from '../primitives.ts';
import { Handler } from '../runtime/handler.ts';
import type { Message, SampleMessage } from '../runtime/message.ts';
import { warn } from '../util/warn.ts';
import type { SiteData } from './data.ts';
import { DataLookup } from './data.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';
import { whenDone } from './whenDone.ts';

export interface InterventionOptions {
  readonly data: SiteData;
}

/** The messages of sites that are split already. */
const natural = new WeakSet<Message>();

/**
 * Law: what comes after a site named in `data` sees the given value; the site itself is drawn as ever, under its own name,
 * and has no influence. (The split nodes of Richardson and Robins, "Single World Intervention Graphs", 2013.)
 *
 * Inner handlers see the fixed half under the name `NAME__CF`; it has no density. Of two nested interventions on one site
 * the inner one wins, with a warning.
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
    if (natural.has(message)) {
      warn(`handlers.doIntervention: site "${message.name}" is set twice; only the inner intervention has an effect`);
      return;
    }
    const split: SampleMessage = { ...message };
    natural.add(split);
    sendSample(split);
    message.name = `${message.name}__CF`;
    message.value = value;
    message.isObserved = true;
    message.mask = false;
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
