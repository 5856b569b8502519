/** @file How long the example works: half a second a fit, and half a minute for NUTS. */
import type { CompareSettings } from './compare.ts';

export const settings: CompareSettings = {
  train: { steps: 4000, lr: 1e-3, isCooled: false },
  seeds: 20,
  patient: { steps: 20_000, lr: 1e-2, isCooled: true },
  predictions: 1000,
  functions: 12,
  nuts: { numChains: 4, numWarmup: 300, numSamples: 500, maxTreeDepth: 8, seed: 1 },
};
