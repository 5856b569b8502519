/** @file From a model to something that MCMC can sample. */
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import { asTensor } from '../../../distributions/parameter.ts';
import type { RandomStream } from '../../../random/stream.ts';
import { globalStream } from '../../../random/global.ts';
import { checkOptions } from '../../../util/options.ts';
import type { LogDensity } from '../logDensity.ts';
import type { Engine, Model, SiteValue, Target } from '../target.ts';
import { EagerModelDensity } from './eagerDensity.ts';

export interface LogDensityOptions {
  /** `'eager'` runs the model on the active tfjs backend; `'auto'`, the default, takes the fastest there is. */
  readonly engine?: Engine;
}

/** A model's log density over unconstrained space, with the way to its sites and back. */
export interface ModelLogDensity extends LogDensity {
  readonly siteNames: readonly string[];
  /** The values of the latent and deterministic sites at a point. */
  constrain(q: Float64Array): Record<string, SiteValue>;
  /** The point at which the latent sites have the given values (tensors, numbers or arrays). */
  unconstrain(values: Readonly<Record<string, unknown>>): Float64Array;
  /** The site, and the element of it, that a coordinate belongs to. */
  describeCoordinate(index: number): string;
}

/** @throws Error for an engine that is not there. */
export function checkEngine(where: string, engine: unknown): void {
  if (engine === 'compiled') {
    throw new Error(`${where}: this version has no compiled engine yet; leave the option out, or use engine: 'eager'`);
  }
  if (engine !== 'auto' && engine !== 'eager') {
    throw new TypeError(`${where}: engine must be 'auto', 'compiled' or 'eager', got ${String(engine)}`);
  }
}

/**
 * The log density of `model(...args)` given its observations, as a function of one flat unconstrained vector: each latent
 * site is mapped through the bijection of its support, and the log volume change is added.
 *
 * @throws SiteError when a latent site is discrete or a plate subsamples.
 */
export function logDensity(model: Model, args: readonly unknown[] = [], options: LogDensityOptions = {}): ModelLogDensity {
  checkOptions('infer.logDensity', options, ['engine']);
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
  checkEngine('MCMC', options.engine);
  const density = new EagerModelDensity(model, args, options.stream);
  return {
    density,
    dimension: density.dimension,
    siteNames: density.sites.map((site) => site.name),
    evaluate: (q, gradient) => density.evaluate(q, gradient),
    constrain: (q) => density.constrain(q),
    unconstrain: (values) => density.unconstrain(({ name }) => given(name, values)),
    drawSites: (strategy, stream) => {
      const child = stream.split();
      return density.unconstrain(({ name, distribution }) => strategy({ name, distribution }, child.fold(name)));
    },
    describeCoordinate: (index) => density.describeCoordinate(index),
    explain: (q) => density.explain(q),
    dispose: () => undefined,
  };
}

function given(name: string, values: Readonly<Record<string, unknown>>): Tensor {
  const value = values[name];
  if (value === undefined) throw new Error(`no value given; values are there for ${Object.keys(values).join(', ') || 'none'}`);
  return asTensor(value as Tensor | TensorLike);
}
