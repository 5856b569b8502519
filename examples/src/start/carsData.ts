/** @file Fuel consumption and power of cars, in standard units, in two parts. */
import { readData } from '../data/readData.ts';
import { split, type Split } from '../data/split.ts';
import { restore, standardisation, standardise, type Standardisation } from '../data/standardise.ts';
import type { Point } from '../plots/functionBand.ts';

/** Cars in horsepower and miles per gallon, and the standard units of the cars to train on. */
export interface CarsData extends Split<Point> {
  readonly units: { readonly x: Standardisation; readonly y: Standardisation };
}

/**
 * The cars whose power and consumption are both known.
 *
 * @param heldOut - the fraction of them to hold out.
 */
export function loadCars(heldOut: number, seed: number): CarsData {
  const cars = readData('cars.json') as { readonly Horsepower: number | null; readonly Miles_per_Gallon: number | null }[];
  const points = cars.flatMap(({ Horsepower: x, Miles_per_Gallon: y }) => (x === null || y === null ? [] : [{ x, y }]));
  const { train, test } = split(points, heldOut, seed);
  const units = { x: standardisation(train.map(({ x }) => x)), y: standardisation(train.map(({ y }) => y)) };
  return { train, test, units };
}

/** Cars as columns for a network: `[car, 1]`, in standard units. */
export function columns(points: readonly Point[], { units }: CarsData): { x: number[][]; y: number[][] } {
  const column = (values: readonly number[], unit: Standardisation) => standardise(values, unit).map((value) => [value]);
  return { x: column(points.map(({ x }) => x), units.x), y: column(points.map(({ y }) => y), units.y) };
}

/** How well held-out cars were predicted, in miles per gallon. */
export interface Score {
  readonly name: string;
  /** Root mean squared error. */
  readonly rmse: number;
  /** Mean of the log density. */
  readonly logLikelihood: number;
  readonly seconds: number;
}

/** A score in miles per gallon from a mean squared error and a mean log density in standard units. */
export function inMilesPerGallon(
  { units }: CarsData,
  standard: { readonly meanSquaredError: number; readonly logLikelihood: number },
): { rmse: number; logLikelihood: number } {
  const { sd } = units.y;
  // The density of y = mean + sd z is that of z divided by sd.
  return { rmse: Math.sqrt(standard.meanSquaredError) * sd, logLikelihood: standard.logLikelihood - Math.log(sd) };
}

/** Miles per gallon from standard units. */
export function milesPerGallon(values: ArrayLike<number>, { units }: CarsData): number[] {
  return restore(values, units.y);
}
