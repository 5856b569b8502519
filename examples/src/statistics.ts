/** @file Means and spreads of numbers. */

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(meanOf(values.map((value) => value ** 2)));
}

/** `mean ± standard deviation` of a sample, as text; of a single value, the value alone, and of none, nothing. */
export function withSpread(values: readonly number[], digits: number, unit = ''): string {
  if (values.length === 0) return '';
  const mean = meanOf(values);
  if (values.length === 1) return `${mean.toFixed(digits)}${unit}`;
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  return `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}${unit}`;
}
