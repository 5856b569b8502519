/** @file From a model to something that MCMC can sample. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../../../distributions/parameter.ts';
import { asTensor } from '../../../distributions/parameter.ts';
import { flattened } from '../../../ops/toFloat.ts';
import type { RandomStream } from '../../../random/stream.ts';
import { globalStream } from '../../../random/global.ts';
import { checkOptions } from '../../../util/options.ts';
import { shapeOf } from '../../../util/shape.ts';
import type { LogDensity } from '../logDensity.ts';
import type { Engine, Model, SiteValue, Target } from '../target.ts';
import type { CompiledModelDensity } from './compiledDensity.ts';
import { EagerModelDensity } from './eagerDensity.ts';
import { checkEngine, densityOf } from './engine.ts';
import { describeCoordinate, explain } from './explain.ts';
import { ModelRun } from './modelRun.ts';
import { unconstrain } from './unconstrain.ts';

export interface LogDensityOptions {
  /**
   * `'compiled'` traces the model once, in float64; `'eager'` runs it on the active tfjs backend every time, in float32.
   * `'auto'`, the default, compiles, and where that cannot be done runs eagerly, with a warning.
   */
  readonly engine?: Engine;
}

/** A model's log density over unconstrained space, with the way to its sites and back. */
export interface ModelLogDensity extends LogDensity {
  readonly siteNames: readonly string[];
  /** The values of the latent and deterministic sites at a point. */
  constrain(q: Float64Array): Record<string, SiteValue>;
  /**
   * The point at which the latent sites have the given values: tensors, numbers, arrays, or what {@link constrain} gives.
   * Values of other sites are passed over; a name that no site has is an error.
   */
  unconstrain(values: Readonly<Record<string, unknown>>): Float64Array;
  /** The site, and the element of it, that a coordinate belongs to. */
  describeCoordinate(index: number): string;
}

/**
 * The log density of `model(...args)` given its observations, as a function of one flat unconstrained vector: each latent
 * site is mapped through the bijection of its support, and the log volume change is added.
 *
 * @throws TypeError for what is no model, no array of arguments, or an unknown option.
 * @throws SiteError when a latent site is discrete or a plate subsamples.
 * @throws Error for engine `'compiled'` when the model cannot be compiled, saying why.
 */
export function logDensity(model: Model, args: readonly unknown[] = [], options: LogDensityOptions = {}): ModelLogDensity {
  checkOptions('infer.logDensity', options, ['engine']);
  if (typeof model !== 'function') throw new TypeError('infer.logDensity: takes a model, which is a function');
  if (!Array.isArray(args)) throw new TypeError("infer.logDensity: the model's arguments are given as an array: infer.logDensity(model, [x, y])");
  return modelTarget(model, args, { engine: options.engine ?? 'auto', stream: globalStream().split() });
}

/**
 * A model with its arguments as the target of a chain.
 *
 * @param options.stream - where a model draws from besides its latent sites; the same draws at every evaluation.
 * @throws SiteError when a latent site is discrete or a plate subsamples.
 */
export function modelTarget(
  model: Model,
  args: readonly unknown[],
  options: { readonly engine: Engine; readonly stream: RandomStream },
): Target & ModelLogDensity {
  checkEngine('infer', options.engine);
  const run = new ModelRun(model, args, options.stream, options.engine !== 'eager');
  return targetOf(run, densityOf(run, model, options.engine));
}

/** A model as a target, by a run of it and its density. */
export function targetOf(run: ModelRun, density: CompiledModelDensity | EagerModelDensity): Target & ModelLogDensity {
  const target: Target & ModelLogDensity = {
    density,
    dimension: run.dimension,
    siteNames: run.sites.map((site) => site.name),
    evaluate: (q, gradient) => {
      checkLength('q', q, run.dimension);
      checkLength('gradient', gradient, run.dimension);
      return density.evaluate(q, gradient);
    },
    constrain: (q) => {
      checkLength('q', q, run.dimension);
      return density.constrain(q);
    },
    unconstrain: (values) => {
      const q = unconstrain(run, ({ name }) => given(name, values), Object.keys(values));
      if (density instanceof EagerModelDensity) return q;
      // Found and checked in float32 so far.
      return density.unconstrain(run.sites.map(({ name }) => numbersOf(values[name] as Parameter | SiteValue)));
    },
    drawSites: (strategy, stream) => {
      const child = stream.split();
      return unconstrain(run, ({ name, distribution }) => strategy({ name, distribution }, child.fold(name)));
    },
    describeCoordinate: (index) => describeCoordinate(run.sites, index),
    explain: (q) => explain(run, q),
    dispose: () => undefined,
  };
  return density instanceof EagerModelDensity ? target : { ...target, toWorker: () => density.toWorker() };
}

function checkLength(name: string, { length }: Float64Array, dimension: number): void {
  if (length !== dimension) throw new RangeError(`${name} has ${length} numbers, and the log density ${dimension} dimensions`);
}

/** The numbers of a value at full precision, flat. */
function numbersOf(value: Parameter | SiteValue): Float64Array {
  if (isSiteValue(value)) return value.data;
  return value instanceof tf.Tensor ? Float64Array.from(value.dataSync()) : flattened(value, shapeOf(value));
}

function given(name: string, values: Readonly<Record<string, unknown>>): Tensor {
  const value = values[name];
  if (value === undefined) throw new Error(`no value given; values are there for ${Object.keys(values).join(', ') || 'none'}`);
  return isSiteValue(value) ? tf.tensor(Float32Array.from(value.data), [...value.shape]) : asTensor(value as Parameter);
}

function isSiteValue(value: unknown): value is SiteValue {
  return typeof value === 'object' && value !== null && 'data' in value && value.data instanceof Float64Array && 'shape' in value;
}
