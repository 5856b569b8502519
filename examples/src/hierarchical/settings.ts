/** @file How long the example works: some seconds a model. */
import type { LifeSettings } from './compare.ts';

export const settings: LifeSettings = {
  least: 1,
  most: 4,
  seed: 1,
  nuts: { numChains: 4, numWarmup: 500, numSamples: 1000, seed: 1 },
};
