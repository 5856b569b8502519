/** @file Runs of a model that look at its latent sites. */
import * as tf from '@tensorflow/tfjs-core';
import { SeedHandler } from '../../handlers/seed.ts';
import type { RandomStream } from '../../random/stream.ts';
import { Handler } from '../../runtime/handler.ts';
import type { Message } from '../../runtime/message.ts';
import { SiteError } from '../../runtime/siteError.ts';
import type { Trace } from '../../runtime/trace.ts';
import { InitHandler } from '../initialisation/initHandler.ts';
import { initToMedian } from '../initialisation/strategies.ts';
import { traceProgram } from '../programTrace.ts';

/** The trace of `model` where its latent sites have the values that `init` gives; all else is drawn from `stream`. */
export function latentTrace(model: () => unknown, init: InitHandler, stream: RandomStream): Trace {
  return traceProgram(() => init.run(() => new SeedHandler({ seed: stream }).run(model)));
}

/** Complains of sites whose observation is not there. Law: else it changes nothing. */
class ObservationCheck extends Handler {
  override process(message: Message): void {
    if (message.type !== 'sample' || message.lacksObservation !== true) return;
    throw new SiteError(message, 'its observation is null or undefined');
  }
}

/**
 * Runs `model`, whose arguments may not all be there, with checks of what its distributions are given.
 *
 * @throws what the model throws; SiteError for a site that is to be observed, but is not.
 */
export function tryOut(model: () => unknown, stream: RandomStream): void {
  withoutRemains(() => void latentTrace(() => new ObservationCheck().run(model), new InitHandler(initToMedian()), stream));
}

/** What `body` returns, which is no tensor; all tensors that it makes are freed. */
export function withoutRemains<R>(body: () => R): R {
  const engine = tf.engine();
  engine.startScope('guide');
  try {
    return body();
  } finally {
    engine.endScope([]);
  }
}
