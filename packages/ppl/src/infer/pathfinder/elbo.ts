/** @file The evidence lower bound of a normal approximation, from draws. */
import type { LogDensity } from '../mcmc/logDensity.ts';
import type { NormalApproximation } from './normalApproximation.ts';

/**
 * The mean of log p - log q over draws from q, of which those where the density is zero or undefined are left out, plus the
 * logarithm of the share that is left: the lower bound that q gives when it is cut off where p is. It is the usual one when p is
 * positive everywhere, and below the log evidence in any case. -Infinity when no draw is left.
 *
 * @param logRatios - log p - log q at the draws; -Infinity where the density is zero or undefined.
 */
export function lowerBound(logRatios: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < logRatios.length; i++) {
    const logRatio = logRatios[i] ?? -Infinity;
    if (logRatio === -Infinity) continue;
    sum += logRatio;
    count++;
  }
  return count === 0 ? -Infinity : sum / count + Math.log(count / logRatios.length);
}

/** {@link lowerBound} of `approximation`, at its points μ + Fz for each of `noise`. */
export function estimateElbo(density: LogDensity, approximation: NormalApproximation, noise: readonly Float64Array[]): number {
  const gradient = new Float64Array(density.dimension);
  return lowerBound(
    noise.map((z) => logDensityOrZero(density, approximation.at(z), gradient) - approximation.logDensityAt(z)),
  );
}

/** log p(q), -Infinity where it is not finite. */
export function logDensityOrZero(density: LogDensity, q: Float64Array, gradient: Float64Array): number {
  const value = density.evaluate(q, gradient);
  return Number.isFinite(value) ? value : -Infinity;
}
