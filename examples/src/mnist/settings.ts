/** @file How long the example works: all of it, or two and a half minutes of processor time. */
import type { CompareSettings } from './compare.ts';
import { convolutional, perceptron } from './network.ts';
import { ways } from './ways.ts';

/** How many digits there are to train on, how many pictures of each kind of clothes, and what is compared. */
export interface Settings extends CompareSettings {
  readonly trainOn: number;
  readonly clothesPerKind: number;
}

const guide = { priorScale: 0.2, initScale: 0.01, maxGuideScale: 0.05 };
const common = { seed: 1, numSamples: 32, angles: Array.from({ length: 25 }, (_, i) => 7.5 * i), turning: 2, ways, progressBar: true };

export const settings: Readonly<Record<'full' | 'quick', Settings>> = {
  full: {
    ...common,
    trainOn: 60_000,
    clothesPerKind: 200,
    networks: [
      { architecture: perceptron(400), fit: { ...guide, epochs: { point: 6, distribution: 8 }, batchSize: 200, lr: 1e-3 } },
      { architecture: convolutional(16), fit: { ...guide, epochs: { point: 3, distribution: 4 }, batchSize: 200, lr: 2e-3 } },
    ],
  },
  quick: {
    ...common,
    trainOn: 10_000,
    clothesPerKind: 50,
    networks: [
      { architecture: perceptron(100), fit: { ...guide, epochs: { point: 10, distribution: 20 }, batchSize: 100, lr: 2e-3 } },
      { architecture: convolutional(8), fit: { ...guide, epochs: { point: 5, distribution: 10 }, batchSize: 100, lr: 4e-3 } },
    ],
  },
};
