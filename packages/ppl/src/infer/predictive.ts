/** @file Predictions: running a model on draws of a posterior, or of its prior. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { canReadSynchronously } from '../distributions/parameter.ts';
import { warnOfUnused } from '../handlers/data.ts';
import { SeedHandler } from '../handlers/seed.ts';
import { randomStream } from '../primitives.ts';
import type { SampleMessage } from '../runtime/message.ts';
import { currentStack, withStack } from '../runtime/stack.ts';
import { breathe } from '../util/breathe.ts';
import { checkOptions } from '../util/options.ts';
import { isValidationOn } from '../util/validation.ts';
import type { DrawStats } from './draws/drawEngine.ts';
import { DrawEngine } from './draws/drawEngine.ts';
import { checkInteger } from './mcmc/checks.ts';
import { checkEngine } from './mcmc/model/engine.ts';
import type { Engine } from './mcmc/target.ts';
import { Collector } from './predictive/collector.ts';
import type { Call } from './predictive/compiledCall.ts';
import { CompiledCall } from './predictive/compiledCall.ts';
import type { SiteDraws } from './predictive/drawSource.ts';
import { drawAmong, DrawSource } from './predictive/drawSource.ts';
import { runInParallel } from './predictive/parallelRun.ts';
import type { Source } from './predictive/predictiveRun.ts';
import { chosenSites, predictiveTrace } from './predictive/predictiveRun.ts';
import type { Program } from './svi/loss.ts';
import type { StepContext } from './svi/sviStep.ts';

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
  /**
   * How draws are made. `'compiled'`: guide and model are recorded once, for one draw, and run as WebAssembly for each.
   * `'eager'`: on the active tfjs backend. `'auto'`, the default: compiled from 50 draws on where that can be done, with one
   * warning a model where it cannot.
   */
  readonly engine?: Engine;
}

const WHERE = 'infer.Predictive';

/** The event loop gets its turn after this many milliseconds. */
const BREATHE_MS = 30;

/** From how many draws on `'auto'` compiles: some tens of eager draws take as long as that. */
const WORTHWHILE = 50;

/** Draws of latent sites, and then the model's arguments. */
type DrawArgs<A extends unknown[]> = [latents: Readonly<Record<string, Tensor>>, ...args: A];

/**
 * Draws from the posterior predictive distribution, given posterior draws or a guide; from the prior predictive, given
 * neither.
 *
 * Latent sites take their values from the draws, and from the prior where these have none; observed sites stay what they
 * were observed to be, so call `sample` with arguments that leave open what is to be predicted; deterministic sites are
 * computed anew. With the same seed, compiled draws and eager ones are the same but for rounding.
 */
export class Predictive<A extends unknown[] = unknown[]> {
  private readonly model: Program<A>;
  private readonly options: PredictiveOptions<A>;
  private readonly engine: DrawEngine<DrawArgs<A>>;
  /** The latent sites that were asked for their draws while a call was recorded. */
  private readonly askedFor = new Set<string>();
  private isParallel = false;

  /**
   * @throws TypeError for unknown options, for both `posteriorSamples` and `guide`, for neither without `numSamples`, or for
   * both `parallel` and engine `'compiled'`; RangeError when `numSamples` is not a positive integer.
   */
  constructor(model: Program<A>, options: PredictiveOptions<A>) {
    checkKinds(model, options);
    this.model = model;
    this.options = options;
    this.engine = new DrawEngine<DrawArgs<A>>({
      where: WHERE,
      body: (latents, ...args) => this.values(this.sourceAmong(latents), Object.keys(latents), args),
      worthwhile: WORTHWHILE,
      subject: model,
    });
  }

  /** How the draws of the last call were made. */
  get stats(): DrawStats {
    return this.isParallel ? { ...this.engine.stats, engine: 'eager', reason: null } : this.engine.stats;
  }

  /**
   * Runs the model for each draw, under the handlers in force at the call.
   *
   * @param args - the model's arguments.
   * @returns by site, tensors of shape `[draws, ...shape of the site]`; the caller disposes them.
   * @throws Error when there are fewer draws than `numSamples`, when a site to return is missing or changes its shape, when
   * all draws of a site do not fit into memory, or when the model does not allow what `parallel` or `engine` ask for.
   */
  async sample(...args: A): Promise<Record<string, Tensor>> {
    const context = { stack: currentStack(), stream: randomStream('predictive'), validate: isValidationOn() };
    const { posteriorSamples, parallel = false } = this.options;
    const draws = posteriorSamples === undefined ? null : await DrawSource.read(posteriorSamples);
    const call = { args, stream: context.stream, draws, indices: this.chooseDraws(draws) };
    this.isParallel = parallel;
    return parallel ? this.together(call, context) : this.oneByOne(call, context);
  }

  private together(call: Call<A>, context: StepContext): Record<string, Tensor> {
    const { args, stream, draws, indices } = call;
    const { returnSites } = this.options;
    const single = this.sourceAt(call, 0);
    const source = (batchRank: number): Source<A> =>
      draws === null ? single : { lookUp: (message) => draws.stacked(message, indices, batchRank) };
    const run = { model: this.model, args, count: indices.length, stream, source, single, returnSites, given: draws?.names ?? [] };
    return withStack(context.stack, () => runInParallel(run));
  }

  private async oneByOne(call: Call<A>, context: StepContext): Promise<Record<string, Tensor>> {
    const { length } = call.indices;
    const collector = new Collector(length);
    const compiled = this.prepare(call, context);
    let lastBreath = -Infinity;
    for (let i = 0; i < length; i++) {
      if (performance.now() - lastBreath > BREATHE_MS) {
        if (i > 0) await breathe();
        compiled?.load();
        lastBreath = performance.now();
      }
      if (compiled === null || !compiled.draw(i, collector)) await this.drawEagerly(call, context, i, collector);
    }
    return collector.tensors();
  }

  /** A program for the call; null if its draws are to be made eagerly. */
  private prepare(call: Call<A>, context: StepContext): CompiledCall<A> | null {
    const latents = call.draws?.tensors(call.indices[0] ?? 0) ?? {};
    this.askedFor.clear();
    try {
      const request = { count: call.indices.length, engine: this.options.engine ?? 'auto', numOwn: Object.keys(latents).length };
      const prepared = this.engine.prepare(context, [latents, ...call.args], request);
      const asked = new Set(this.askedFor);
      return prepared && new CompiledCall(prepared, call, (name) => asked.has(name));
    } finally {
      tf.dispose(latents);
    }
  }

  private async drawEagerly(call: Call<A>, context: StepContext, i: number, collector: Collector): Promise<void> {
    const { args, draws, stream } = call;
    const run = (): Record<string, Tensor> => this.values(this.sourceAt(call, i), draws?.names ?? [], args);
    const values = tf.tidy(() => withStack(context.stack, () => new SeedHandler({ seed: stream.fold(i) }).run(run)));
    try {
      for (const [name, value] of Object.entries(values)) {
        collector.add(i, name, value, canReadSynchronously() ? value.dataSync() : await value.data());
      }
    } finally {
      tf.dispose(values);
    }
  }

  /** The values of the sites to return, in a run of guide and model. */
  private values(source: Source<A>, given: readonly string[], args: A): Record<string, Tensor> {
    const trace = predictiveTrace(this.model, source, args);
    const { posteriorSamples, returnSites } = this.options;
    if (posteriorSamples !== undefined) {
      const names = new Set(trace.nodes.keys());
      warnOfUnused(`${WHERE}: posteriorSamples`, 'site', posteriorSamples, names, names);
    }
    const sites = chosenSites(trace, returnSites, given);
    return Object.fromEntries(sites.map(({ name, value }) => [name, tf.clone(value)]));
  }

  private sourceAt({ draws, indices }: Call<A>, i: number): Source<A> {
    const { guide } = this.options;
    if (guide !== undefined) return { guide };
    return draws === null ? null : { lookUp: (message) => draws.draw(message, indices[i] ?? 0) };
  }

  private sourceAmong(latents: Readonly<Record<string, Tensor>>): Source<A> {
    const { guide, posteriorSamples } = this.options;
    if (guide !== undefined) return { guide };
    if (posteriorSamples === undefined) return null;
    const lookUp = (message: SampleMessage): Tensor | null => {
      this.askedFor.add(message.name);
      return drawAmong(latents, message);
    };
    return { lookUp };
  }

  /** Which draws to use. @throws RangeError when there are fewer than were asked for. */
  private chooseDraws(draws: DrawSource | null): Int32Array {
    const available = draws?.count ?? Infinity;
    const count = this.options.numSamples ?? available;
    if (count > available) {
      throw new RangeError(`${WHERE}: numSamples is ${count}, but posteriorSamples has ${available} draws`);
    }
    return Int32Array.from({ length: count }, (_, i) => (draws === null ? i : Math.floor((i * available) / count)));
  }
}

function checkKinds<A extends unknown[]>(model: Program<A>, options: PredictiveOptions<A>): void {
  checkOptions(WHERE, options, ['posteriorSamples', 'guide', 'numSamples', 'returnSites', 'parallel', 'engine']);
  if (typeof model !== 'function') throw new TypeError(`${WHERE}: model must be a function, got ${typeof model}`);
  const { posteriorSamples, guide, numSamples, parallel, engine } = options;
  if (posteriorSamples !== undefined && guide !== undefined) throw new TypeError(`${WHERE}: give posteriorSamples or guide, not both`);
  if (guide !== undefined && typeof guide !== 'function') throw new TypeError(`${WHERE}: guide must be a function, got ${typeof guide}`);
  if (numSamples !== undefined) checkInteger(WHERE, 'numSamples', numSamples, 1);
  else if (posteriorSamples === undefined) throw new TypeError(`${WHERE}: needs numSamples, unless posteriorSamples are given`);
  if (engine !== undefined) checkEngine(WHERE, engine);
  if (parallel === true && engine === 'compiled') {
    throw new TypeError(`${WHERE}: with parallel: true the model runs once, eagerly; leave it out, or engine: 'compiled'`);
  }
}
