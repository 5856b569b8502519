/** @file The log densities of a model's sites as a function of the values of its latent sites. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { SeedHandler } from '../../handlers/seed.ts';
import type { RandomStream } from '../../random/stream.ts';
import { Handler } from '../../runtime/handler.ts';
import type { Message, SampleMessage } from '../../runtime/message.ts';
import type { SampleSite } from '../../runtime/site.ts';
import { SiteError } from '../../runtime/siteError.ts';
import type { Stack } from '../../runtime/stack.ts';
import { withStack } from '../../runtime/stack.ts';
import type { Trace } from '../../runtime/trace.ts';
import { sizeOf } from '../../util/shape.ts';
import { forgivingRounding, isValidationOn, withValidation } from '../../util/validation.ts';
import { byEngine } from '../mcmc/model/engine.ts';
import { explainTrace } from '../mcmc/model/explain.ts';
import { compileProgram } from '../mcmc/model/program.ts';
import type { Engine, Model } from '../mcmc/target.ts';
import { traceProgram } from '../programTrace.ts';
import { tidily } from './tidily.ts';

/** Where the value of a latent site lies among the numbers of a draw. */
export interface SiteLayout {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** Draws as {@link siteDensities} looks at them. */
export interface DrawTable {
  /** What to do about a site that has none, for error messages. */
  readonly cure: string;
  /** Whether there are draws of a site. @throws SiteError when they do not fit it. */
  find(message: SampleMessage): boolean;
  fill(layout: readonly SiteLayout[], index: number, values: Float64Array): void;
}

/** A site whose log density is asked for; its shape is the batch shape. */
export interface DensitySite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly isObserved: boolean;
  readonly isFactor: boolean;
}

export interface SiteDensities {
  readonly latent: readonly SiteLayout[];
  readonly sites: readonly DensitySite[];
  /** All sites that the model has, whatever their type. */
  readonly names: ReadonlySet<string>;
  /** How many numbers a draw has. */
  readonly dimension: number;
  /** The log densities of {@link sites} where the latent ones have these values; overwritten by the next call. */
  evaluate(values: Float64Array): readonly ArrayLike<number>[];
  /** What an eager run with all checks has to say against these values; null for nothing. */
  explain(values: Float64Array): string | null;
}

export interface SiteDensitiesOptions {
  readonly model: Model;
  readonly args: readonly unknown[];
  /** The handlers to run the model under. */
  readonly stack: Stack;
  readonly draws: DrawTable;
  readonly select: (site: SampleSite) => boolean;
  /** Whether parameters and values are checked at the first draw, which must then be possible. */
  readonly validate: boolean;
  readonly engine: Engine;
  /** For randomness that is no latent site: the same at every evaluation. */
  readonly stream: RandomStream;
}

/**
 * Runs the model once, eagerly, on the first draw; then compiles it, in float64, or, by `engine` or where
 * that cannot be done, runs it for each draw.
 *
 * Log densities are those of traces: with the scales and masks of handlers.
 *
 * @throws SiteError for a latent site without draws, draws that do not fit, or a plate that subsamples.
 * @throws Error for engine `'compiled'` when the model cannot be compiled.
 */
export function siteDensities(options: SiteDensitiesOptions): SiteDensities {
  const { model, args, stack, draws, select, validate, engine, stream } = options;
  const run = (handler: Handler): Trace =>
    new SeedHandler({ seed: stream }).run(() => handler.run(() => traceProgram(() => model(...(args as never[])))));

  const first = new FirstDraw(draws);
  const { sites, names } = tidily(() =>
    withStack(stack, () => {
      const check = <R>(body: () => R): R => withValidation(validate && isValidationOn(), () => forgivingRounding(body));
      const trace = check(() => run(first));
      refuseSubsampling(trace);
      const chosen = trace.sampleSites().filter(select);
      return { names: new Set(trace.nodes.keys()), sites: check(() => chosen.map(describe)) };
    }),
  );
  const { layout, dimension } = first;

  const runAt = (parts: readonly Tensor[]): Trace => run(new DrawnValues(new Map(layout.map(({ name }, i) => [name, parts[i] as Tensor]))));
  const logProbs = (parts: readonly Tensor[]): Tensor[] =>
    withValidation(false, () =>
      withStack(stack, () => {
        const trace = runAt(parts);
        return sites.map(({ name }) => tf.cast(trace.sampleSite(name).logProb, 'float32'));
      }),
    );
  const compile = (): SiteDensities['evaluate'] => {
    const point = new Float64Array(dimension);
    draws.fill(layout, 0, point);
    const program = compileProgram((values) => logProbs(cut(values, layout)), { dimension, valueAndGrad: false, point: [...point] });
    return (values) => {
      program.input.set(values);
      program.compiled.execute();
      return program.outputs;
    };
  };
  const evaluateEagerly: SiteDensities['evaluate'] = (values) =>
    tidily(() => logProbs(cut(tf.tensor1d(Float32Array.from(values)), layout)).map((logProb) => logProb.dataSync()));
  const explain = (values: Float64Array): string | null =>
    tidily(() => {
      try {
        const trace = withValidation(true, () => withStack(stack, () => runAt(cut(tf.tensor1d(Float32Array.from(values)), layout))));
        return withValidation(true, () => explainTrace(trace));
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    });
  const isEmpty = dimension === 0 || sites.length === 0;
  const evaluate = byEngine(isEmpty ? 'eager' : engine, model, compile, () => evaluateEagerly);
  return { latent: layout, sites, names, dimension, evaluate, explain };
}

/** Gives latent sites the values of the first draw, and notes how these lie in it. */
class FirstDraw extends Handler {
  readonly layout: SiteLayout[] = [];
  dimension = 0;
  private readonly draws: DrawTable;
  private readonly missing: Set<Message> = new Set();

  constructor(draws: DrawTable) {
    super();
    this.draws = draws;
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== null) return;
    if (!this.draws.find(message)) {
      this.missing.add(message);
      return;
    }
    const { batchShape, eventShape } = message.distribution;
    const shape = [...batchShape, ...eventShape];
    const site = { name: message.name, shape, offset: this.dimension, size: sizeOf(shape) };
    const values = new Float64Array(site.size);
    this.draws.fill([{ ...site, offset: 0 }], 0, values);
    message.value = asValue(tf.tensor(Float32Array.from(values), shape), message);
    this.layout.push(site);
    this.dimension += site.size;
  }

  override postprocess(message: Message): void {
    // A handler farther out may have observed it.
    if (message.type !== 'sample' || message.isObserved || !this.missing.has(message)) return;
    throw new SiteError(message, `is latent, but there are no draws of it; ${this.draws.cure}`);
  }
}

/** Law: latent sites take the values given for them. */
class DrawnValues extends Handler {
  private readonly values: ReadonlyMap<string, Tensor>;

  constructor(values: ReadonlyMap<string, Tensor>) {
    super();
    this.values = values;
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== null) return;
    const value = this.values.get(message.name);
    if (value !== undefined) message.value = asValue(value, message);
  }
}

function asValue(value: Tensor, { distribution }: SampleMessage): Tensor {
  return distribution.dtype === 'int32' ? tf.cast(value, 'int32') : value;
}

function describe({ name, logProb, isObserved, distribution }: SampleSite): DensitySite {
  return { name, shape: [...logProb.shape], isObserved, isFactor: distribution.name === 'factor' };
}

function cut(values: Tensor, layout: readonly SiteLayout[]): Tensor[] {
  return layout.map(({ offset, size, shape }) => tf.reshape(tf.slice(values, [offset], [size]), [...shape]));
}

/** @throws SiteError when a plate takes a part of its elements only. */
function refuseSubsampling(trace: Trace): void {
  for (const plate of trace.plateSites()) {
    if (plate.size === plate.subsampleSize) continue;
    throw new SiteError(plate, `subsamples ${plate.subsampleSize} of ${plate.size}; the log density of all is needed. Leave subsampleSize out`);
  }
}
