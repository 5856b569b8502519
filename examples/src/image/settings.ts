/** @file How long the example works: some twenty seconds a network. */
import type { ImageSettings } from './compare.ts';

export const settings: ImageSettings = {
  // Snow, a rock face, and where they meet.
  hole: { left: 72, top: 12, right: 96, bottom: 34 },
  scattered: 0.3,
  spacings: [16, 8, 4],
  hidden: 16,
  train: { steps: 2000, lr: 0.01, batchSize: 256, tolerance: 0.05, annealing: [300, 700], klFactor: 0.3 },
  draws: 64,
  seed: 1,
};
