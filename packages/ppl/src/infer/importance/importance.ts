/** @file Importance sampling from a prior or a guide. */
import { randomStream } from '../../primitives.ts';
import { RandomStream } from '../../random/stream.ts';
import type { SampleMessage } from '../../runtime/message.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { currentStack } from '../../runtime/stack.ts';
import { breathe } from '../../util/breathe.ts';
import { checkOptions } from '../../util/options.ts';
import { format, sameShape } from '../../util/shape.ts';
import { checkInteger } from '../mcmc/checks.ts';
import { checkEngine } from '../mcmc/model/engine.ts';
import type { Engine } from '../mcmc/target.ts';
import type { Program } from '../svi/loss.ts';
import { ImportanceSamples } from './importanceSamples.ts';
import { drawLatents, type LatentDraws } from './latentDraws.ts';
import { siteDensities, type DrawTable, type SiteLayout } from './siteDensities.ts';

export interface ImportanceOptions<A extends unknown[]> {
  /** How many draws. */
  readonly numSamples: number;
  /** What to draw from, taking the model's arguments; by default the model's own prior. Best is one wider than the posterior. */
  readonly guide?: Program<A>;
  /**
   * Whether all draws are made in one run, inside of a plate over draws; by default they are if that gives the same as one by
   * one, which is tried.
   */
  readonly parallel?: boolean;
  /** How the model's log densities are evaluated; default 'auto': compiled, in float64, where that is possible. */
  readonly engine?: Engine;
  /** Makes the draws repeatable. Left out, they come from the `seed` handler in force, or depend on `setSeed`. */
  readonly seed?: number;
  /** Stops the computation. */
  readonly signal?: AbortSignal;
}

const BREATHE_MS = 30;

/**
 * Draws of a model's latent sites from a guide, or from their prior, with weights p(draw, observations) / q(draw): with the
 * evidence, and with diagnostics by Pareto smoothing.
 *
 * @param args - the arguments of model and guide.
 * @throws TypeError or RangeError for options that are none.
 * @throws SiteError for a latent site that the guide lacks, or has in another shape; or for a plate that subsamples.
 * @throws Error when a prior is improper, no draw has a weight, or a weight is NaN; for engine `'compiled'` when the model
 *   cannot be compiled; for `parallel` when the program does not allow it. The signal's reason when aborted.
 */
export async function importance<A extends unknown[]>(
  model: Program<A>,
  options: ImportanceOptions<A>,
  ...args: A
): Promise<ImportanceSamples> {
  const where = 'infer.importance';
  checkImportanceOptions(where, model, options);
  const { guide, numSamples, parallel, engine = 'auto', seed, signal } = options;
  const stack = currentStack();
  const stream = seed === undefined ? randomStream('importance') : RandomStream.fromSeed(seed);
  const program = guide ?? model;
  const draws = await drawLatents({
    where, program: () => program(...args), count: numSamples, stream: stream.fold('draws'), stack, parallel, signal,
  });
  if (draws.sites.size === 0) throw new Error(`${where}: the ${guide ? 'guide' : 'model'} has no latent site: there is nothing to draw`);
  if (draws.isPoint) throw new TypeError(`${where}: the guide always gives the same point, which tells nothing of the posterior; take one that spreads`);

  const densities = siteDensities({
    model,
    args,
    stack,
    draws: new DrawsTable(draws),
    // From the prior, its density cancels.
    select: (site) => guide !== undefined || site.isObserved,
    // A draw that cannot have led to the observations is a draw as any other.
    validate: false,
    engine,
    stream: stream.fold('model'),
  });
  const names = densities.latent.map(({ name }) => name);
  for (const name of draws.sites.keys()) {
    if (names.includes(name) || draws.auxiliary.has(name)) continue;
    throw new Error(`${where}: the guide has a site "${name}", but the model's latent sites are ${names.join(', ')}; mark it by infer: { isAuxiliary: true } if it is meant`);
  }
  const logWeights = new Float64Array(numSamples);
  const values = new Float64Array(densities.dimension);
  const table = new DrawsTable(draws);
  let lastBreath = performance.now();
  for (let i = 0; i < numSamples; i++) {
    table.fill(densities.latent, i, values);
    let logWeight = guide === undefined ? 0 : -(draws.logProb[i] as number);
    densities.evaluate(values).forEach((terms, site) => {
      let logProb = 0;
      for (let j = 0; j < terms.length; j++) logProb += terms[j] as number;
      if (Number.isNaN(logProb)) {
        const why = densities.explain(values) ?? `site "${densities.sites[site]?.name}": its log-density is NaN`;
        throw new Error(`${where}: a weight is NaN. In draw ${i}, ${why}`);
      }
      logWeight += logProb;
    });
    logWeights[i] = logWeight;
    if (performance.now() - lastBreath < BREATHE_MS) continue;
    await breathe();
    signal?.throwIfAborted();
    lastBreath = performance.now();
  }
  if (logWeights.every((x) => x === -Infinity)) {
    const why = densities.explain(values);
    throw new Error(
      `${where}: none of the ${numSamples} draws could have led to the observations.${why === null ? '' : ` In the last, ${why}.`} ` +
        'Draw more, or from a guide closer to the posterior',
    );
  }
  const samples = names.map((name) => [name, draws.sites.get(name)] as const);
  return new ImportanceSamples(Object.fromEntries(samples) as ImportanceSamples['samples'], logWeights);
}

/** Draws of a guide or prior as a model is run on them. */
class DrawsTable implements DrawTable {
  readonly cure: string = 'let the guide have a site of this name';
  private readonly draws: LatentDraws;

  constructor(draws: LatentDraws) {
    this.draws = draws;
  }

  find(message: SampleMessage): boolean {
    const site = this.draws.sites.get(message.name);
    if (site === undefined || this.draws.auxiliary.has(message.name)) return false;
    const { batchShape, eventShape } = message.distribution;
    const shape = [...batchShape, ...eventShape];
    const drawn = site.shape.slice(1);
    if (sameShape(shape, drawn)) return true;
    throw new SiteError(message, `its shape is ${format(shape)} in the model, and ${format(drawn)} in the guide`);
  }

  fill(layout: readonly SiteLayout[], index: number, values: Float64Array): void {
    for (const { name, offset, size } of layout) {
      const data = this.draws.sites.get(name)?.data ?? new Float64Array(0);
      values.set(data.subarray(index * size, (index + 1) * size), offset);
    }
  }
}

function checkImportanceOptions<A extends unknown[]>(where: string, model: Program<A>, options: ImportanceOptions<A>): void {
  const order = `What the model is called with comes after the options: ${where}(model, { numSamples: 1000 }, data).`;
  checkOptions(where, options, ['numSamples', 'guide', 'parallel', 'engine', 'seed', 'signal'], order);
  if (typeof model !== 'function') throw new TypeError(`${where}: takes a model first, which is a function; got ${typeof model}`);
  const { guide, numSamples, engine = 'auto', parallel } = options ?? {};
  checkInteger(where, 'numSamples', numSamples, 1);
  checkEngine(where, engine);
  if (guide !== undefined && typeof guide !== 'function') throw new TypeError(`${where}: guide must be a function, got ${typeof guide}`);
  if (parallel !== undefined && typeof parallel !== 'boolean') throw new TypeError(`${where}: parallel must be true or false, got ${String(parallel)}`);
}
