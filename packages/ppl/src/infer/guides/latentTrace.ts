/** @file Runs of a model that look at its latent sites. */
import * as tf from '@tensorflow/tfjs-core';
import { SeedHandler } from '../../handlers/seed.ts';
import type { RandomStream } from '../../random/stream.ts';
import type { Trace } from '../../runtime/trace.ts';
import { InitHandler } from '../initialisation/initHandler.ts';
import { initToMedian } from '../initialisation/strategies.ts';
import { traceProgram } from '../programTrace.ts';

/** The trace of `model` where its latent sites have the values that `init` gives; all else is drawn from `stream`. */
export function latentTrace(model: () => unknown, init: InitHandler, stream: RandomStream): Trace {
  return traceProgram(() => init.run(() => new SeedHandler({ seed: stream }).run(model)));
}

/** Runs `model` with checks of what its distributions are given. @throws what it throws, if that will not do. */
export function tryOut(model: () => unknown, stream: RandomStream): void {
  withoutRemains(() => void latentTrace(model, new InitHandler(initToMedian()), stream));
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
