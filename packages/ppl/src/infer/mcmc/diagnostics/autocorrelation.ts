/** @file Autocorrelation of one chain. */
import { mean } from './moments.ts';

/**
 * The sample autocorrelation ρ̂₀ = 1, ρ̂₁, ... of one chain: Σ (xₜ - x̄)(xₜ₊ₗ - x̄) / Σ (xₜ - x̄)².
 *
 * @param maxLag - the last lag wanted; default all, which takes time quadratic in the length.
 * @returns one value a lag; NaN for a chain that stands still.
 */
export function autocorrelation(chain: ArrayLike<number>, maxLag: number = chain.length - 1): Float64Array {
  const centre = mean(chain);
  const centred = Float64Array.from(chain, (draw) => draw - centre);
  const sumOfProducts = (lag: number): number => {
    let sum = 0;
    for (let t = lag; t < centred.length; t++) sum += (centred[t] ?? 0) * (centred[t - lag] ?? 0);
    return sum;
  };
  const total = sumOfProducts(0);
  const lags = Math.max(0, Math.min(maxLag, centred.length - 1) + 1);
  return Float64Array.from({ length: lags }, (_, lag) => sumOfProducts(lag) / total);
}
