/** @file One model by NUTS: its draws, how they were had, and how well they predict. */
import { infer, type SampleArray } from '@tychejs/ppl';
import { meanOf, rootMeanSquare } from '../statistics.ts';
import type { LifeData, Observations } from './data.ts';
import { models, type Model, type ModelName } from './models.ts';

export interface NutsSettings {
  readonly numChains: number;
  readonly numWarmup: number;
  readonly numSamples: number;
  readonly seed: number;
}

export interface Fit {
  readonly name: ModelName;
  /** `[chain, draw, ...]` of each site. */
  readonly samples: Readonly<Record<string, SampleArray>>;
  readonly divergences: number;
  /** Gradients of each draw, after warm-up, on average. */
  readonly gradientsPerDraw: number;
  /** The least effective sample size, and the worst R-hat, of all scalars. */
  readonly ess: number;
  readonly rHat: number;
  readonly seconds: number;
  /** By leave-one-out cross-validation on the training data. */
  readonly loo: Awaited<ReturnType<typeof infer.loo>>;
  /** Mean log density of the years held out, and the root mean squared error of their mean, in years. */
  readonly heldOut: { readonly logDensity: number; readonly error: number };
}

export async function fit(name: ModelName, { countries, train, test }: LifeData, settings: NutsSettings): Promise<Fit> {
  const model = models[name];
  const began = performance.now();
  const mcmc = new infer.MCMC(new infer.NUTS(model), { ...settings, progressBar: false });
  await mcmc.run(countries.length, train);
  const seconds = (performance.now() - began) / 1000;
  const samples = mcmc.getSamples({ groupByChain: true });
  const summary = Object.values(mcmc.summary());
  const diagnostics = mcmc.diagnostics();
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    name,
    samples,
    divergences: sum(diagnostics.map(({ divergences }) => divergences)),
    gradientsPerDraw: sum(diagnostics.map(({ numLeapfrog }) => numLeapfrog)) / (settings.numChains * settings.numSamples),
    ess: Math.min(...summary.map(({ essBulk }) => essBulk)),
    rHat: Math.max(...summary.map(({ rHat }) => rHat)),
    seconds,
    loo: await infer.loo(model, samples, countries.length, train),
    heldOut: { logDensity: await logDensity(model, samples, countries.length, test), error: errorOf(samples, test) },
  };
}

/** The mean over `test` of log p(y | training data): of densities, not of logarithms, the mean over draws. */
async function logDensity(model: Model, samples: Fit['samples'], count: number, test: Observations): Promise<number> {
  const { life } = await infer.logLikelihood(model, samples, count, test);
  if (life === undefined) throw new Error('the model observes nothing called life');
  const values = life.dataSync();
  const size = test.life.length;
  life.dispose();
  const densities = test.life.map((_, i) => meanOf(Array.from({ length: values.length / size }, (__, d) => Math.exp(values[d * size + i] ?? Number.NaN))));
  return meanOf(densities.map(Math.log));
}

function errorOf(samples: Fit['samples'], { country, time, life }: Observations): number {
  const [intercepts, slopes] = [meansOf('intercept', samples), meansOf('slope', samples)];
  const of = (values: readonly number[], i: number) => values[values.length === 1 ? 0 : (country[i] ?? 0)] ?? Number.NaN;
  return rootMeanSquare(life.map((value, i) => value - of(intercepts, i) - of(slopes, i) * (time[i] ?? Number.NaN)));
}

/** The posterior mean of each entry of a site; one for a site that is a scalar. */
export function meansOf(site: string, samples: Fit['samples']): number[] {
  const { size, count, at } = drawsOf(site, samples);
  return Array.from({ length: size }, (_, i) => meanOf(Array.from({ length: count }, (__, d) => at(d, i))));
}

/** The draws of a site, chains one after the other: how many, of how many entries, and each. */
export function drawsOf(site: string, samples: Fit['samples']): { count: number; size: number; at: (draw: number, entry: number) => number } {
  const found = samples[site];
  if (found === undefined) throw new Error(`there are no draws of ${site}`);
  const [chains = 0, draws = 0, size = 1] = found.shape;
  return { count: chains * draws, size, at: (draw, entry) => found.data[draw * size + entry] ?? Number.NaN };
}
