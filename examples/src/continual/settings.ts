/** @file How long the example works: a few minutes on two cores. */
import type { LearnSettings } from './learn.ts';

export const settings: LearnSettings = {
  seed: 1,
  units: 256,
  epochs: 10,
  batchSize: 200,
  lr: 1e-3,
  numSamples: 32,
  priorScale: 1,
  initScale: 1e-2,
  progressBar: true,
};
