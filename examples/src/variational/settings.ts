/** @file How long the example works: less than a second a guide, and as long again to look at it. */
import { schoolsSettings } from '../start/settings.ts';
import type { CompareSettings } from './compare.ts';

export const settings: CompareSettings = {
  fit: { steps: 2000, lr: 0.05, numParticles: 8, seed: 0, numDraws: 4000 },
  nuts: schoolsSettings,
};
