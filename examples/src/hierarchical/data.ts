/** @file Life expectancy in 62 countries, of which we look at a few years each. */
import { RandomStream } from '@tychejs/ppl';
import { readData } from '../data/readData.ts';

/** Values one below the other: in country `country[i]`, at `time[i]`, people could expect to live `life[i]` years. */
export interface Observations {
  readonly country: readonly number[];
  /** In units of 25 years from 1980: from -1 to 1. */
  readonly time: readonly number[];
  readonly life: readonly number[];
}

export interface LifeData {
  readonly countries: readonly string[];
  readonly train: Observations;
  readonly test: Observations;
}

/** A year as a time. */
export function timeOf(year: number): number {
  return (year - 1980) / 25;
}

/**
 * Each country with a number of years to train on, drawn evenly from `least` to `most`; the others are held out.
 */
export function loadLife(least: number, most: number, seed: number): LifeData {
  const { years, lifeExpectancy } = readData('lifeExpectancy.json') as {
    readonly years: readonly number[];
    readonly lifeExpectancy: Readonly<Record<string, readonly number[]>>;
  };
  const stream = RandomStream.fromSeed(seed);
  const rows = Object.entries(lifeExpectancy).flatMap(([name, values], country) => {
    const ours = stream.fold(name);
    const chosen = new Set(ours.choose(years.length, least + ours.integer(most - least + 1)));
    return values.map((life, i) => ({ country, time: timeOf(years[i] ?? Number.NaN), life, isChosen: chosen.has(i) }));
  });
  const observations = (those: typeof rows): Observations => ({
    country: those.map(({ country }) => country),
    time: those.map(({ time }) => time),
    life: those.map(({ life }) => life),
  });
  return {
    countries: Object.keys(lifeExpectancy),
    train: observations(rows.filter(({ isChosen }) => isChosen)),
    test: observations(rows.filter(({ isChosen }) => !isChosen)),
  };
}
