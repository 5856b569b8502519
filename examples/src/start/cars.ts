/** @file Fuel consumption against power: one network, trained as usual and made Bayesian. */
import { standardise } from '../data/standardise.ts';
import type { FunctionBandData } from '../plots/functionBand.ts';
import type { Column } from '../table.ts';
import { fitBayesian, type BayesianFit, type BayesianSettings } from './bayesian.ts';
import { loadCars, type Score } from './carsData.ts';
import { fitDeterministic } from './deterministic.ts';

export interface CarsSettings extends BayesianSettings {
  /** The fraction of the cars that are held out. */
  readonly heldOut: number;
}

export interface CarsResult extends Pick<BayesianFit, 'coverage' | 'losses'> {
  /** In horsepower and miles per gallon. */
  readonly plot: FunctionBandData;
  readonly scores: readonly Score[];
}

/** Both networks take the same steps: Adam, the same learning rate, all cars at once. */
export async function fitCars(settings: CarsSettings): Promise<CarsResult> {
  const data = loadCars(settings.heldOut, settings.seed);
  // A little beyond the cars there are, 46 to 230 horsepower.
  const power = Array.from({ length: 121 }, (_, i) => 20 + 2 * i);
  const grid = standardise(power, data.units.x);
  const deterministic = await fitDeterministic(data, grid, settings);
  const { mean, functions, bands, coverage, losses, score } = await fitBayesian(data, grid, settings);
  const { train, test } = data;
  return {
    plot: { train, test, grid: power, mean, functions, bands, deterministic: deterministic.curve },
    scores: [deterministic.score, score],
    coverage,
    losses,
  };
}

export const scoreColumns: readonly Column<Score>[] = [
  { title: '', cell: ({ name }) => name },
  { title: 'RMSE, mpg', cell: ({ rmse }) => rmse.toFixed(2) },
  { title: 'mean log-likelihood', cell: ({ logLikelihood }) => logLikelihood.toFixed(3) },
  { title: 'seconds', cell: ({ seconds }) => seconds.toFixed(1) },
];
