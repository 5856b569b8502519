/** @file All ways to fit the network to the same data, and how they differ. */
import * as tf from '@tensorflow/tfjs-core';
import { handlers as effects, infer } from '@tychejs/ppl';
import type { ProbabilisticNet } from '@tychejs/bnn';
import type { PosteriorBandsData } from '../plots/posteriorBands.ts';
import { meanOf, rootMeanSquare, withSpread } from '../statistics.ts';
import type { Column } from '../table.ts';
import { loadRegression, NOISE, type RegressionData } from './data.ts';
import { patientWay, sample, train, ways, type NutsSettings, type TrainSettings, type Way } from './fits.ts';
import { functionsAt, momentsAt, type Moments } from './predictions.ts';

export interface CompareSettings {
  readonly train: TrainSettings;
  /** How many fits of each kind there are, from different beginnings. */
  readonly seeds: number;
  /** For one fit until little is left to be learnt. */
  readonly patient: TrainSettings;
  /** Draws of the weights to predict by, and functions to show. */
  readonly predictions: number;
  readonly functions: number;
  readonly nuts: NutsSettings;
}

/** A fit as it is shown. */
export interface Row {
  readonly name: string;
  /** -ELBO, for each seed; empty where there is none. */
  readonly losses: readonly number[];
  /** Mean squared error of the mean at the data: for each seed. */
  readonly errors: readonly number[];
  readonly seconds: number;
  /** At the data. */
  readonly atData: Moments;
  readonly plot: PosteriorBandsData;
}

export interface Comparison {
  /** NUTS comes last; the others are compared with it. */
  readonly rows: readonly Row[];
  /** The worst R-hat and the least effective sample size of functions that NUTS drew, over the data. */
  readonly convergence: { readonly rHat: number; readonly ess: number };
}

/** Where the functions are looked at. */
export const grid: readonly number[] = Array.from({ length: 101 }, (_, i) => -2 + i / 25);

export async function compare(settings: CompareSettings): Promise<Comparison> {
  const { predictions, nuts } = settings;
  if (predictions > nuts.numChains * nuts.numSamples) throw new RangeError('settings.predictions exceeds the draws of NUTS');
  const data = loadRegression();
  const rows: Row[] = [];
  for (const way of ways) rows.push(await trainOver(way, data, settings, settings.train, settings.seeds));
  rows.push(await trainOver(patientWay, data, settings, settings.patient, 1));
  const { bnn, seconds, dispose } = await sample(data, nuts);
  rows.push(look('NUTS', bnn, data, settings, seconds));
  const convergence = convergenceOf(functionsAt(bnn, data.xs, nuts.numChains * nuts.numSamples), nuts);
  dispose();
  tf.dispose([data.x, data.y]);
  return { rows, convergence };
}

/** Trains from several beginnings, and looks at the first. */
async function trainOver(way: Way, data: RegressionData, settings: CompareSettings, how: TrainSettings, seeds: number): Promise<Row> {
  const rows: (Row & { readonly loss: number })[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const { bnn, loss, seconds, dispose } = await train(way, data, how, seed);
    rows.push({ ...effects.seed({ seed }).run(() => look(way.name, bnn, data, settings, seconds)), loss });
    dispose();
  }
  const [first] = rows;
  if (first === undefined) throw new RangeError('settings.seeds must be at least 1');
  const losses = way.isBayesian ? rows.map(({ loss }) => loss) : [];
  return { ...first, losses, errors: rows.flatMap(({ errors }) => errors), seconds: meanOf(rows.map(({ seconds }) => seconds)) };
}

type Gaussian = { readonly mean: tf.Tensor; readonly scale: tf.Tensor };

function look(name: string, bnn: ProbabilisticNet<Gaussian>, data: RegressionData, settings: CompareSettings, seconds: number): Row {
  const { predictions, functions } = settings;
  const atData = momentsAt(bnn, data.xs, predictions);
  const error = meanOf(atData.mean.map((mean, i) => (mean - (data.ys[i] ?? Number.NaN)) ** 2));
  const points = data.xs.map((x, i) => ({ x, y: data.ys[i] ?? Number.NaN }));
  const plot = { data: points, grid, ...momentsAt(bnn, grid, predictions), functions: functionsAt(bnn, grid, functions) };
  return { name, losses: [], errors: [error], seconds, atData, plot };
}

function convergenceOf(functions: readonly (readonly number[])[], { numChains, numSamples }: NutsSettings): Comparison['convergence'] {
  const chainsAt = (i: number) =>
    Array.from({ length: numChains }, (_, c) =>
      Float64Array.from({ length: numSamples }, (__, d) => functions[c * numSamples + d]?.[i] ?? Number.NaN),
    );
  const points = (functions[0] ?? []).map((_, i) => chainsAt(i));
  return {
    rHat: Math.max(...points.map((chains) => infer.splitRHat(chains))),
    ess: Math.min(...points.map((chains) => infer.effectiveSampleSize(chains))),
  };
}

/** How far the means at the data are from those of `reference`, root mean square, in standard deviations of the noise. */
export function distance(atData: Moments, reference: Moments): number {
  return rootMeanSquare(atData.mean.map((mean, i) => mean - (reference.mean[i] ?? Number.NaN))) / NOISE;
}

/** Standard deviation of the function in the middle of the gap. */
export function doubtInGap({ plot }: Row): number {
  const middle = plot.grid.findIndex((x) => x >= 0);
  return Math.sqrt(Math.max(0, (plot.sd[middle] ?? Number.NaN) ** 2 - NOISE ** 2));
}

/** What is shown of a row. */
export function columnsFor({ rows }: Comparison): Column<Row>[] {
  const reference = rows.at(-1);
  return [
    { title: '', cell: ({ name }) => name },
    { title: '-ELBO, nats', cell: ({ losses }) => withSpread(losses, 0) },
    { title: 'MSE at the data', cell: ({ errors }) => withSpread(errors, 4) },
    { title: 'means off those of NUTS', cell: (row) => (row === reference || !reference ? '' : `${distance(row.atData, reference.atData).toFixed(2)} noise sd`) },
    { title: 'sd of f(0)', cell: (row) => doubtInGap(row).toFixed(3) },
    { title: 'seconds', cell: ({ seconds }) => seconds.toFixed(1) },
  ];
}
