/** @file All models on the same data. */
import { infer } from '@tychejs/ppl';
import type { Column } from '../table.ts';
import { loadLife, type LifeData } from './data.ts';
import { fit, type Fit, type NutsSettings } from './fit.ts';
import type { ModelName } from './models.ts';

export interface LifeSettings {
  /** How many years of each country to train on: from `least` to `most`. */
  readonly least: number;
  readonly most: number;
  /** Of the choice of years. */
  readonly seed: number;
  readonly nuts: NutsSettings;
}

export interface Comparison {
  readonly data: LifeData;
  readonly fits: readonly Fit[];
}

const NAMES: readonly ModelName[] = ['pooled', 'unpooled', 'centred', 'nonCentred'];

const TITLES: Readonly<Record<ModelName, string>> = {
  pooled: 'one line for all',
  unpooled: 'each by itself',
  centred: 'hierarchical, centred',
  nonCentred: 'hierarchical, non-centred',
};

export async function compare({ least, most, seed, nuts }: LifeSettings): Promise<Comparison> {
  const data = loadLife(least, most, seed);
  const fits: Fit[] = [];
  for (const name of NAMES) fits.push(await fit(name, data, nuts));
  return { data, fits };
}

/** How the models predict. */
export const predictionColumns: readonly Column<Fit>[] = [
  { title: '', cell: ({ name }) => TITLES[name] },
  { title: 'elpd by loo', cell: ({ loo }) => `${loo.elpd.toFixed(1)} ± ${loo.se.toFixed(1)}` },
  { title: 'parameters by loo', cell: ({ loo }) => loo.p.toFixed(1) },
  { title: 'Pareto k too high', cell: ({ loo }) => `${loo.counts.bad + loo.counts.veryBad} of ${loo.numObservations}` },
  { title: 'held out: log density', cell: ({ heldOut }) => heldOut.logDensity.toFixed(3) },
  { title: 'error, years', cell: ({ heldOut }) => heldOut.error.toFixed(2) },
];

/** How they were sampled. */
export const samplingColumns: readonly Column<Fit>[] = [
  { title: '', cell: ({ name }) => TITLES[name] },
  { title: 'divergences', cell: ({ divergences }) => String(divergences) },
  { title: 'gradients a draw', cell: ({ gradientsPerDraw }) => gradientsPerDraw.toFixed(1) },
  { title: 'least ess', cell: ({ ess }) => ess.toFixed(0) },
  { title: 'worst R-hat', cell: ({ rHat }) => rHat.toFixed(3) },
  { title: 'seconds', cell: ({ seconds }) => seconds.toFixed(1) },
];

/** The differences of elpd between models, the best first, in words. */
export function elpdDifferences(fits: readonly Fit[]): string[] {
  const all = infer.compare(Object.fromEntries(fits.map(({ name, loo }) => [TITLES[name], loo])));
  return all.slice(1).map(({ name, elpdDiff, diffSe }) => `${name}: ${elpdDiff.toFixed(1)} ± ${diffSe.toFixed(1)} from the best (${all[0]?.name ?? ''})`);
}
