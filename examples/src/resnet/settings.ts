/** @file How long the example works: a quarter of an hour on an idle machine, or two minutes. */
import type { TaskSettings } from './classes.ts';
import type { CompareSettings } from './compare.ts';
import type { PretrainSettings } from './pretrain.ts';
import { ways } from './ways.ts';

export interface Settings extends TaskSettings, PretrainSettings, CompareSettings {}

const common = {
  // An animal and a vehicle, each with a relative among those that are learnt.
  heldOut: ['horse', 'truck'],
  ways,
  priorScale: 1,
  initScale: 0.01,
  // Noise of 0.01 on all weights does no harm to predictions for photographs that are neither trained on nor tested with; 0.03 does.
  maxGuideScale: 0.02,
  rank: 10,
  estimator: 'plain',
  scaleLr: 0.01,
  numSamples: 16,
  seed: 1,
  progressBar: true,
} as const;

/** The settings by the word that asks for them; without a word, the first. */
export const settings: Readonly<Record<'full' | 'quick', Settings>> = {
  full: {
    ...common,
    trainOn: 16_000,
    testOn: 10_000,
    network: { depth: 20, filters: 8 },
    train: { epochs: 12, batchSize: 64, lr: 0.005 },
    tune: { epochs: 3, batchSize: 64, lr: 0.0005 },
    tuneLast: { epochs: 20, batchSize: 500, lr: 0.002 },
  },
  quick: {
    ...common,
    trainOn: 4_000,
    testOn: 2_000,
    network: { depth: 8, filters: 8 },
    train: { epochs: 6, batchSize: 64, lr: 0.01 },
    tune: { epochs: 2, batchSize: 64, lr: 0.001 },
    tuneLast: { epochs: 20, batchSize: 200, lr: 0.002 },
  },
};
