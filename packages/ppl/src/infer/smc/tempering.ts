/** @file The way from prior to posterior: how far to go at once. */
import { weightsEss } from '../importance/weights.ts';

const BISECTIONS = 100;

/**
 * The temperature β' > β up to 1 at which the weights exp((β' - β) log likelihood) have an effective sample size of a given
 * share: as far as one can go before the particles at β no longer tell of those at β'.
 *
 * Source: Jasra, Stephens, Doucet and Tsagaris, "Inference for Lévy-driven stochastic volatility models via adaptive sequential
 * Monte Carlo" (2011), section 4; Del Moral, Doucet and Jasra (2012).
 *
 * @param logLikelihoods - of the particles; -Infinity for those that the observations rule out.
 * @param essShare - of the particles that are not ruled out; between 0 and 1.
 * @returns β' > β.
 */
export function nextTemperature(logLikelihoods: Float64Array, temperature: number, essShare: number): number {
  const possible = logLikelihoods.filter((x) => x > -Infinity);
  const wanted = essShare * possible.length;
  const essAt = (next: number): number => weightsEss(possible.map((x) => (next - temperature) * x));
  if (essAt(1) >= wanted) return 1;
  let [below, above] = [temperature, 1];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = below + (above - below) / 2;
    if (middle === below || middle === above) break;
    if (essAt(middle) >= wanted) below = middle;
    else above = middle;
  }
  return below > temperature ? below : above;
}
