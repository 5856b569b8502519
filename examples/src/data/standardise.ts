/** @file Standardised units: mean 0, standard deviation 1. */

/** The way from the units of the data to standardised ones and back: `(value - mean) / sd`. */
export interface Standardisation {
  readonly mean: number;
  readonly sd: number;
}

/** The standardisation under which `values` have mean 0 and standard deviation 1. @throws RangeError when all are equal. */
export function standardisation(values: readonly number[]): Standardisation {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  if (!(sd > 0)) throw new RangeError(`standardisation: the ${values.length} values do not vary`);
  return { mean, sd };
}

export function standardise(values: ArrayLike<number>, { mean, sd }: Standardisation): number[] {
  return Array.from(values, (value) => (value - mean) / sd);
}

/** The inverse of {@link standardise}. */
export function restore(values: ArrayLike<number>, { mean, sd }: Standardisation): number[] {
  return Array.from(values, (value) => value * sd + mean);
}
