/** @file Predictions: running a model on draws of a posterior, or of its prior. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { canReadSynchronously } from '../distributions/parameter.ts';
import { SeedHandler } from '../handlers/seed.ts';
import { warnOfUnused } from '../handlers/data.ts';
import { randomStream } from '../primitives.ts';
import type { RandomStream } from '../random/stream.ts';
import { currentStack, withStack } from '../runtime/stack.ts';
import type { Stack } from '../runtime/stack.ts';
import { breathe } from '../util/breathe.ts';
import { checkOptions } from '../util/options.ts';
import { checkInteger } from './mcmc/checks.ts';
import { Collector } from './predictive/collector.ts';
import type { SiteDraws } from './predictive/drawSource.ts';
import { DrawSource } from './predictive/drawSource.ts';
import { runInParallel } from './predictive/parallelRun.ts';
import type { Source } from './predictive/predictiveRun.ts';
import { chosenSites, predictiveTrace } from './predictive/predictiveRun.ts';
import type { Program } from './svi/loss.ts';

export interface PredictiveOptions<A extends unknown[]> {
  /** Draws of latent sites, by name: what `mcmc.getSamples()` gives, or tensors with a leading dimension of draws. */
  readonly posteriorSamples?: Readonly<Record<string, SiteDraws>>;
  /** Or else a guide to draw latent sites from. */
  readonly guide?: Program<A>;
  /** Number of draws; all of `posteriorSamples` by default. Fewer than there are: some of them, evenly spaced. */
  readonly numSamples?: number;
  /**
   * The sites to return. By default all sample and deterministic sites, but latent ones that `posteriorSamples` has.
   */
  readonly returnSites?: readonly string[];
  /** Runs the model once, inside of a plate over draws; for models that compute with any number of batch dimensions. */
  readonly parallel?: boolean;
}

/** The event loop gets its turn after this many milliseconds. */
const BREATHE_MS = 30;

/**
 * Draws from the posterior predictive distribution, given posterior draws or a guide; from the prior predictive, given
 * neither.
 *
 * Latent sites take their values from the draws, and from the prior where these have none; observed sites stay what they
 * were observed to be, so call `sample` with arguments that leave open what is to be predicted; deterministic sites are
 * computed anew.
 */
export class Predictive<A extends unknown[] = unknown[]> {
  private readonly model: Program<A>;
  private readonly options: PredictiveOptions<A>;

  /**
   * @throws TypeError for unknown options, for both `posteriorSamples` and `guide`, or for neither without `numSamples`;
   * RangeError when `numSamples` is not a positive integer.
   */
  constructor(model: Program<A>, options: PredictiveOptions<A>) {
    const where = 'infer.Predictive';
    checkOptions(where, options, ['posteriorSamples', 'guide', 'numSamples', 'returnSites', 'parallel']);
    if (typeof model !== 'function') throw new TypeError(`${where}: model must be a function, got ${typeof model}`);
    const { posteriorSamples, guide, numSamples } = options;
    if (posteriorSamples !== undefined && guide !== undefined) throw new TypeError(`${where}: give posteriorSamples or guide, not both`);
    if (guide !== undefined && typeof guide !== 'function') throw new TypeError(`${where}: guide must be a function, got ${typeof guide}`);
    if (numSamples !== undefined) checkInteger(where, 'numSamples', numSamples, 1);
    else if (posteriorSamples === undefined) throw new TypeError(`${where}: needs numSamples, unless posteriorSamples are given`);
    this.model = model;
    this.options = options;
  }

  /**
   * Runs the model for each draw, under the handlers in force at the call.
   *
   * @param args - the model's arguments.
   * @returns by site, tensors of shape `[draws, ...shape of the site]`; the caller disposes them.
   * @throws Error when there are fewer draws than `numSamples`, when a site to return is missing or changes its shape, or
   * when `parallel` was asked for and the model does not allow it.
   */
  async sample(...args: A): Promise<Record<string, Tensor>> {
    const stack = currentStack();
    const stream = randomStream('predictive');
    const { posteriorSamples, guide, parallel = false, returnSites } = this.options;
    const draws = posteriorSamples === undefined ? null : await DrawSource.read(posteriorSamples);
    const indices = this.chooseDraws(draws);
    const { model } = this;
    const given = draws?.names ?? [];
    const sourceAt = (i: number): Source<A> => {
      if (guide !== undefined) return { guide };
      return draws === null ? null : { lookUp: (message) => draws.draw(message, indices[i] ?? 0) };
    };
    if (!parallel) return this.oneByOne(indices.length, stack, stream, sourceAt, given, args);
    const source = (batchRank: number): Source<A> =>
      draws === null ? sourceAt(0) : { lookUp: (message) => draws.stacked(message, indices, batchRank) };
    const count = indices.length;
    return withStack(stack, () => runInParallel({ model, args, count, stream, source, single: sourceAt(0), returnSites, given }));
  }

  private async oneByOne(
    count: number,
    stack: Stack,
    stream: RandomStream,
    sourceAt: (i: number) => Source<A>,
    given: readonly string[],
    args: A,
  ): Promise<Record<string, Tensor>> {
    const collector = new Collector(count);
    let lastBreath = performance.now();
    for (let i = 0; i < count; i++) {
      const values = withStack(stack, () => this.values(sourceAt(i), stream.fold(i), given, args));
      try {
        for (const [name, value] of Object.entries(values)) {
          collector.add(i, name, value, canReadSynchronously() ? value.dataSync() : await value.data());
        }
      } finally {
        tf.dispose(values);
      }
      if (performance.now() - lastBreath > BREATHE_MS) {
        await breathe();
        lastBreath = performance.now();
      }
    }
    return collector.tensors();
  }

  private values(source: Source<A>, stream: RandomStream, given: readonly string[], args: A): Record<string, Tensor> {
    return tf.tidy(() => {
      const trace = new SeedHandler({ seed: stream }).run(() => predictiveTrace(this.model, source, args));
      const { posteriorSamples, returnSites } = this.options;
      if (posteriorSamples !== undefined) {
        const names = new Set(trace.nodes.keys());
        warnOfUnused('infer.Predictive: posteriorSamples', 'site', posteriorSamples, names, names);
      }
      const sites = chosenSites(trace, returnSites, given);
      return Object.fromEntries(sites.map(({ name, value }) => [name, tf.clone(value)]));
    });
  }

  /** Which draws to use. @throws RangeError when there are fewer than were asked for. */
  private chooseDraws(draws: DrawSource | null): Int32Array {
    const available = draws?.count ?? Infinity;
    const count = this.options.numSamples ?? available;
    if (count > available) {
      throw new RangeError(`infer.Predictive: numSamples is ${count}, but posteriorSamples has ${available} draws`);
    }
    return Int32Array.from({ length: count }, (_, i) => (draws === null ? i : Math.floor((i * available) / count)));
  }
}
