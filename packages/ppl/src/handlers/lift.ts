/** @file `lift`: turns parameters into random choices. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { Distribution } from '../distributions/distribution.ts';
import { sendSample } from '../primitives.ts';
import { Handler } from '../runtime/handler.ts';
import type { Message, ParamMessage } from '../runtime/message.ts';
import { blank } from '../runtime/message.ts';
import { withHandler } from '../runtime/stack.ts';
import { warnOfUnused } from './data.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';
import { whenDone } from './whenDone.ts';

/** One prior for all parameters, priors by name, or a function; where there is none, the parameter stays one. */
export type LiftPrior =
  | Distribution
  | Readonly<Record<string, Distribution>>
  | ((name: string) => Distribution | null);

export interface LiftOptions {
  readonly prior: LiftPrior;
}

/**
 * Law: a parameter with a prior is sampled from it, under its own name, instead of being read from the store; read twice
 * in one scope, it is sampled once. Names in `prior` that met no parameter are warned of when the scope ends.
 */
export class LiftHandler extends Handler {
  private readonly prior: LiftPrior;
  private readonly drawn = new Map<string, Tensor>();
  private readonly seen = new Set<string>();

  constructor({ prior }: LiftOptions) {
    super();
    if ((typeof prior !== 'object' && typeof prior !== 'function') || prior === null) {
      throw new TypeError(`handlers.lift: prior must be a distribution, an object of them by name, or a function; got ${String(prior)}`);
    }
    this.prior = prior;
  }

  override process(message: Message): void {
    if (message.type !== 'param' || message.value !== null) return;
    this.seen.add(message.name);
    const prior = this.priorOf(message.name);
    if (prior === null) return;
    const value = this.drawn.get(message.name) ?? sampleInstead(message, prior);
    this.drawn.set(message.name, value);
    message.value = value;
    message.stop = true;
  }

  /** Every scope draws anew, so it gets a handler of its own. */
  override run<R>(body: () => R): R {
    const fresh = new LiftHandler({ prior: this.prior });
    return whenDone(withHandler(fresh, body), () => fresh.warnOfUnused());
  }

  private priorOf(name: string): Distribution | null {
    if (this.prior instanceof Distribution) return this.prior;
    if (typeof this.prior === 'function') return this.prior(name);
    return this.prior[name] ?? null;
  }

  private warnOfUnused(): void {
    if (this.prior instanceof Distribution || typeof this.prior === 'function') return;
    warnOfUnused('handlers.lift: prior', 'parameter', this.prior, this.seen, this.seen);
  }
}

/**
 * A handler runs outside of its own scope, so the site is for the handlers around this one. Those inside have had their say:
 * their scale and mask hold for it. The plates inside do not index it, since a parameter is one for all their elements.
 */
function sampleInstead({ name, scale, mask, infer }: ParamMessage, distribution: Distribution): Tensor {
  return sendSample({ ...blank(), type: 'sample', name, distribution, isObserved: false, scale, mask, infer });
}

export const lift: HandlerForms<LiftOptions, LiftHandler> = handlerForms('lift', ['prior'], (options) => new LiftHandler(options));
