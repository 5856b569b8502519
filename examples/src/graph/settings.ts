/** @file How long the example works: less than half a second a fit. */
import type { GraphSettings } from './compare.ts';

export const settings: GraphSettings = { hidden: 16, epochs: 400, lr: 0.02, labelled: 2, temperature: 0.03, predictions: 200, seeds: 10 };
