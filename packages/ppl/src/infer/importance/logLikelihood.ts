/** @file Log-likelihoods of single observations, draw by draw. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { warnOfUnused } from '../../handlers/data.ts';
import { randomStream } from '../../primitives.ts';
import { currentStack } from '../../runtime/stack.ts';
import { breathe } from '../../util/breathe.ts';
import { format, sizeOf } from '../../util/shape.ts';
import type { Engine } from '../mcmc/target.ts';
import type { Program } from '../svi/loss.ts';
import { PosteriorDraws, type PosteriorSamples } from './posteriorDraws.ts';
import { siteDensities } from './siteDensities.ts';

/** The log-likelihoods of one observed site. */
export interface SiteLogLikelihood {
  /** Row by row, of shape `[...drawShape, ...shape]`. */
  readonly data: Float64Array;
  /** `[draws]` or `[chains, draws]`. */
  readonly drawShape: readonly number[];
  /** The batch shape of the site: that of one draw. */
  readonly shape: readonly number[];
  /** Whether it is a `factor`. */
  readonly isFactor: boolean;
}

/** The event loop gets its turn after this many milliseconds. */
const BREATHE_MS = 30;

/**
 * log p(observation | draw) for each observation and each draw of the posterior: what {@link loo} and {@link waic} start from.
 *
 * The model is compiled, in float64, where that is possible. `factor` statements count as observed sites; scales and masks of
 * handlers are applied, so that an observation masked out has zeros.
 *
 * @param posteriorSamples - draws of all latent sites: what `mcmc.getSamples()` gives, `groupByChain` or not, or tensors or
 *   arrays with one leading dimension of draws, or two of chains and draws. Of other sites they are passed over.
 * @param args - the model's arguments, observations included.
 * @returns by observed site, tensors of shape `[draws, ...batch shape]`, or `[chains, draws, ...batch shape]` as the draws are;
 *   the caller disposes them.
 * @throws TypeError for what is no model or no draws; SiteError for a latent site without draws, draws of another shape than
 *   their site, or a plate that subsamples; Error when there is no draw, or nothing is observed.
 */
export async function logLikelihood<A extends unknown[]>(
  model: Program<A>,
  posteriorSamples: PosteriorSamples,
  ...args: A
): Promise<Record<string, Tensor>> {
  const sites = await pointwiseLogLikelihood('infer.logLikelihood', model, posteriorSamples, args);
  return Object.fromEntries(
    Array.from(sites, ([name, { data, drawShape, shape }]) => [
      name,
      tf.tensor(Float32Array.from(data), [...drawShape, ...shape]),
    ]),
  );
}

/** {@link logLikelihood} in float64, by site; errors about arguments begin with `where`. */
export async function pointwiseLogLikelihood<A extends unknown[]>(
  where: string,
  model: Program<A>,
  posteriorSamples: PosteriorSamples,
  args: A,
  engine: Engine = 'auto',
): Promise<Map<string, SiteLogLikelihood>> {
  if (typeof model !== 'function') throw new TypeError(`${where}: takes a model first, which is a function; got ${typeof model}`);
  const stack = currentStack();
  const stream = randomStream('logLikelihood');
  const draws = await PosteriorDraws.read(where, posteriorSamples);
  const densities = siteDensities({ model, args, stack, draws, select: (site) => site.isObserved, validate: true, engine, stream });
  warnOfUnused(`${where}: posteriorSamples`, 'site', posteriorSamples, densities.names, densities.names);
  const drawShape = draws.drawShape ?? [];
  const count = draws.drawShape === null ? 0 : sizeOf(drawShape);
  if (count === 0) throw new Error(`${where}: posteriorSamples has no draws of any latent site; it has ${draws.names.join(', ') || 'nothing'}`);
  if (densities.sites.length === 0) throw new Error(`${where}: the model has no observed site: call it with the observations`);

  const results = densities.sites.map(({ shape }) => new Float64Array(count * sizeOf(shape)));
  const values = new Float64Array(densities.dimension);
  let lastBreath = performance.now();
  for (let i = 0; i < count; i++) {
    draws.fill(densities.latent, i, values);
    densities.evaluate(values).forEach((logProb, site) => results[site]?.set(logProb, i * logProb.length));
    if (performance.now() - lastBreath < BREATHE_MS) continue;
    await breathe();
    lastBreath = performance.now();
  }
  return new Map(
    densities.sites.map(({ name, shape, isFactor }, i) => {
      const data = results[i] ?? new Float64Array(0);
      refuseNaN(where, name, shape, data);
      return [name, { data, drawShape, shape, isFactor }];
    }),
  );
}

function refuseNaN(where: string, name: string, shape: readonly number[], data: Float64Array): void {
  const at = data.findIndex(Number.isNaN);
  if (at < 0) return;
  const draw = Math.floor(at / sizeOf(shape));
  throw new Error(`${where}: site "${name}" (batch shape ${format(shape)}): the log-likelihood is NaN in draw ${draw}; are there NaNs in data or draws?`);
}
