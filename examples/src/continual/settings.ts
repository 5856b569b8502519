/** @file How long the example works: a few minutes on two cores. */
import type { LearnSettings } from './learn.ts';

export const settings: LearnSettings = {
  seed: 1,
  units: 256,
  epochs: 8,
  batchSize: 200,
  lr: 3e-3,
  numSamples: 32,
  priorScale: 1,
  initScale: 0.02,
  maxGuideScale: 0.05,
  progressBar: true,
};
