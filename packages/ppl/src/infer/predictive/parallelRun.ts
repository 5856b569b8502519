/** @file All draws in one run: the model inside of a plate over draws. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { plate } from '../../plate.ts';
import { SeedHandler } from '../../handlers/seed.ts';
import type { RandomStream } from '../../random/stream.ts';
import type { Trace } from '../../runtime/trace.ts';
import { format, sameShape } from '../../util/shape.ts';
import type { Program } from '../svi/loss.ts';
import type { Source } from './predictiveRun.ts';
import { chosenSites, predictiveTrace } from './predictiveRun.ts';

/** The plate over draws; a model must not use the name. */
const PLATE = '_draws';

export interface ParallelRun<A extends unknown[]> {
  readonly model: Program<A>;
  readonly args: A;
  readonly count: number;
  readonly stream: RandomStream;
  /** Where latent sites get their values, given how many batch dimensions the draws' stands to the left of. */
  readonly source: (batchRank: number) => Source<A>;
  /** For one draw at a time. */
  readonly single: Source<A>;
  readonly returnSites: readonly string[] | undefined;
  readonly given: readonly string[];
}

/**
 * The values of sites in `count` draws, `[count, ...shape]` each.
 *
 * @throws Error when the model cannot be run with one more batch dimension, saying what that takes.
 */
export function runInParallel<A extends unknown[]>(run: ParallelRun<A>): Record<string, Tensor> {
  return tf.tidy(() => {
    const { model, args, count, stream, returnSites, given } = run;
    const seeded = (source: Source<A>): Trace =>
      new SeedHandler({ seed: stream }).run(() => predictiveTrace(model, source, args));
    const one = seeded(run.single);
    const batchRank = Math.max(0, ...one.sampleSites().map((site) => site.distribution.batchShape.length), ...platesOf(one));
    let all: Trace;
    try {
      all = plate(PLATE, count, { dim: -batchRank - 1 }, () => seeded(run.source(batchRank)));
    } catch (error) {
      throw notParallel(error instanceof Error ? error.message : String(error), batchRank, error);
    }
    const values: Record<string, Tensor> = {};
    for (const { name, value } of chosenSites(one, returnSites, given)) {
      const site = all.nodes.get(name);
      if (site?.type !== 'sample' && site?.type !== 'deterministic') throw notParallel(`site "${name}" is not met in it`, batchRank);
      values[name] = withDraws(name, site.value, value, count, batchRank);
    }
    return values;
  });
}

function platesOf(trace: Trace): number[] {
  return [...trace.nodes.values()].flatMap((site) => site.plates.map((frame) => -(frame.dim ?? 0)));
}

/**
 * The value with the dimension of draws first, and without the ones that stand between it and the site's own shape.
 *
 * @param single - the value in a single run.
 */
function withDraws(name: string, value: Tensor, single: Tensor, count: number, batchRank: number): Tensor {
  const { shape, size } = single;
  if (value.shape[0] === count && value.size === count * size && value.rank > shape.length) return tf.reshape(value, [count, ...shape]);
  // What does not depend on the draws is the same in a single run; what does has been mixed up over them.
  if (sameShape(value.shape, shape) && sameNumbers(value, single)) {
    return tf.clone(tf.broadcastTo(tf.reshape(value, [1, ...shape]), [count, ...shape]));
  }
  throw notParallel(
    `site "${name}" has shape ${format(shape)} in one draw, and ${format(value.shape)} in ${count} draws at once`,
    batchRank,
  );
}

function sameNumbers(a: Tensor, b: Tensor): boolean {
  const [x, y] = [a.dataSync(), b.dataSync()];
  return x.every((value, i) => Math.abs(value - (y[i] ?? NaN)) <= 1e-5 * (1 + Math.abs(value)));
}

function notParallel(problem: string, batchRank: number, cause?: unknown): Error {
  return new Error(
    `infer.Predictive: the model cannot be run for all draws at once (parallel: true): ${problem}. Draws are dimension ` +
      `${-batchRank - 1} of every batch shape: the model must compute with operations that broadcast over it, and count ` +
      'dimensions from the right. Change that, or leave parallel out.',
    { cause },
  );
}
