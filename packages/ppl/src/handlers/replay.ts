/** @file `replay`: lets latent sites take the values of an earlier run. */
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import { SiteError } from '../runtime/siteError.ts';
import { Trace } from '../runtime/trace.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';

export interface ReplayOptions {
  readonly trace: Trace;
}

/** Law: latent sites and plates that `trace` has too take its values; nothing else changes. */
export class ReplayHandler extends Handler {
  private readonly source: Trace;

  constructor({ trace }: ReplayOptions) {
    super();
    if (!(trace instanceof Trace)) {
      throw new TypeError('handlers.replay: trace must be a Trace, such as handlers.trace(fn).getTrace() gives');
    }
    this.source = trace;
  }

  override process(message: Message): void {
    if (message.value !== null) return; // observations among others
    const site = this.source.nodes.get(message.name);
    if (site === undefined) return;
    if (message.type === 'sample') {
      if (site.type !== 'sample' || site.isObserved) {
        throw new SiteError(message, `is latent here, but in the trace to replay it is ${site.type === 'sample' ? 'observed' : `a ${site.type}`}`);
      }
      message.value = site.value;
      message.infer = { ...message.infer, ...site.infer };
    } else if (message.type === 'plate' && site.type === 'plate') {
      if (site.size !== message.size || site.subsampleSize !== message.subsampleSize) {
        throw new SiteError(
          message,
          `has size ${message.size} with ${message.subsampleSize} drawn, but in the trace to replay size ${site.size} with ` +
            `${site.subsampleSize} drawn; use the same plate in model and guide`,
        );
      }
      message.value = site.value;
    }
  }
}

export const replay: HandlerForms<ReplayOptions, ReplayHandler> = handlerForms('replay', ['trace'], (options) => new ReplayHandler(options));
