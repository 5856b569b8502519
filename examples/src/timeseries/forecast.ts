/** @file Ten years that the model has not seen: what it expects of them, and how that turned out. */
import * as tf from '@tensorflow/tfjs-core';
import { infer, RandomStream } from '@tychejs/ppl';
import { meanOf, rootMeanSquare } from '../statistics.ts';
import { restrict, type Month, type Series } from './data.ts';
import { co2Model } from './model.ts';

export interface ForecastSettings {
  /** Years to learn from, before those to forecast; and how many to forecast. */
  readonly history: number;
  readonly ahead: number;
  readonly nuts: { readonly numChains: number; readonly numWarmup: number; readonly numSamples: number; readonly seed: number };
}

/** What 50 % and 90 % of the predictive distribution lie within. */
const LEVELS = { half: [0.25, 0.75], most: [0.05, 0.95] } as const;

/** A range of values in each month. */
export interface Range {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

export interface Forecast {
  /** The first year that was not seen. */
  readonly year: number;
  readonly months: readonly Month[];
  /** Measured, and expected: parts per million. */
  readonly actual: readonly (number | null)[];
  readonly mean: readonly number[];
  readonly half: Range;
  readonly most: Range;
  /** The shares of the months measured within. */
  readonly coverage: { readonly half: number; readonly most: number };
  /** Root mean square of actual less expected. */
  readonly error: number;
  readonly divergences: number;
  readonly ess: number;
  readonly rHat: number;
  readonly seconds: number;
}

/** Forecasts the years from `year` on by those before. */
export async function forecast(series: Series, year: number, { history, ahead, nuts }: ForecastSettings): Promise<Forecast> {
  const known = restrict(series, (month) => month >= 12 * (year - history) && month < 12 * year);
  const future = restrict(series, (month) => month >= 12 * year && month < 12 * (year + ahead));
  const began = performance.now();
  const mcmc = new infer.MCMC(new infer.NUTS(co2Model), { ...nuts, progressBar: false });
  await mcmc.run(known);
  const seconds = (performance.now() - began) / 1000;

  // The same model, with months in which nothing was measured: there the filter only looks ahead.
  const open = { months: [...known.months, ...future.months], co2: [...known.co2, ...future.months.map(() => null)] };
  const predictive = new infer.Predictive(co2Model, { posteriorSamples: mcmc.getSamples(), returnSites: ['mean', 'sd'] });
  const { mean, sd } = await predictive.sample(open);
  if (mean === undefined || sd === undefined) throw new Error('the model has no mean and sd');
  const draws = { mean: mean.dataSync(), sd: sd.dataSync(), width: open.months.length };
  tf.dispose([mean, sd]);

  const stream = RandomStream.fromSeed(nuts.seed);
  const sorted = future.months.map((_, i) => predictiveDraws(draws, known.months.length + i, stream).toSorted());
  const range = ([low, high]: readonly [number, number]): Range => ({
    lower: sorted.map((values) => quantile(values, low)),
    upper: sorted.map((values) => quantile(values, high)),
  });
  const summary = Object.values(mcmc.summary());
  const [half, most] = [range(LEVELS.half), range(LEVELS.most)];
  const expected = sorted.map((values) => meanOf([...values]));
  return {
    year,
    months: future.months,
    actual: future.co2,
    mean: expected,
    half,
    most,
    coverage: { half: coverage(future.co2, half), most: coverage(future.co2, most) },
    error: rootMeanSquare(future.co2.flatMap((value, i) => (value === null ? [] : [value - (expected[i] ?? Number.NaN)]))),
    divergences: mcmc.diagnostics().reduce((sum, { divergences }) => sum + divergences, 0),
    ess: Math.min(...summary.map(({ essBulk }) => essBulk)),
    rHat: Math.max(...summary.map(({ rHat }) => rHat)),
    seconds,
  };
}

/** A measurement in month `i` for each draw of the parameters. */
function predictiveDraws({ mean, sd, width }: { mean: ArrayLike<number>; sd: ArrayLike<number>; width: number }, i: number, stream: RandomStream): Float64Array {
  return Float64Array.from({ length: mean.length / width }, (_, d) => (mean[d * width + i] ?? Number.NaN) + (sd[d * width + i] ?? Number.NaN) * stream.normal());
}

/** Of sorted values, by interpolation. */
function quantile(sorted: ArrayLike<number>, p: number): number {
  const place = p * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return below + (place - Math.floor(place)) * (above - below);
}

/** The share of what was measured that lies in the range. */
export function coverage(actual: readonly (number | null)[], { lower, upper }: Range): number {
  const inside = actual.flatMap((value, i) => (value === null ? [] : [Number(value >= (lower[i] ?? Infinity) && value <= (upper[i] ?? -Infinity))]));
  return meanOf(inside);
}
