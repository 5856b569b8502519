/** @file Mean, variance and quantiles of a sample. */

/** The mean, in two passes. */
export function mean(sample: ArrayLike<number>): number {
  const n = sample.length;
  const rough = sumAbout(sample, 0) / n;
  return rough + sumAbout(sample, rough) / n;
}

/** The unbiased variance. */
export function variance(sample: ArrayLike<number>): number {
  const n = sample.length;
  const centre = mean(sample);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const deviation = (sample[i] as number) - centre;
    sum += deviation * deviation;
  }
  return sum / (n - 1);
}

/**
 * The quantile at `probability` of a sample in ascending order, linear between order statistics: type 7 of Hyndman and
 * Fan (1996), the default of R and NumPy.
 */
export function sortedQuantile(sorted: ArrayLike<number>, probability: number): number {
  const at = (sorted.length - 1) * probability;
  const below = Math.floor(at);
  const lower = sorted[below] ?? Number.NaN;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  // Not lower + ...: equal or infinite neighbours must give themselves.
  return at === below || lower === upper ? lower : lower + (at - below) * (upper - lower);
}

/** Σ (xᵢ - centre). */
function sumAbout(sample: ArrayLike<number>, centre: number): number {
  let sum = 0;
  for (let i = 0; i < sample.length; i++) sum += (sample[i] as number) - centre;
  return sum;
}
