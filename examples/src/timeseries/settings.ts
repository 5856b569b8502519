/** @file How long the example works: some seconds a forecast. */
import type { ForecastSettings } from './forecast.ts';

export const settings: ForecastSettings & { readonly years: readonly number[] } = {
  years: [1980, 1990, 2000, 2010],
  history: 20,
  ahead: 10,
  nuts: { numChains: 4, numWarmup: 500, numSamples: 500, seed: 1 },
};
