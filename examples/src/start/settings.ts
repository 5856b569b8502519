/** @file How long the demo works: about half a minute for the networks, a second for the schools. */
import type { CarsSettings } from './cars.ts';
import type { SchoolsSettings } from './eightSchools.ts';

export const carsSettings: CarsSettings = {
  heldOut: 0.75,
  steps: 2000,
  lr: 0.01,
  seed: 0,
  predictions: 500,
  functions: 30,
  progressBar: true,
};

export const schoolsSettings: SchoolsSettings = {
  numChains: 4,
  numWarmup: 1000,
  numSamples: 1000,
  seed: 0,
  progressBar: true,
};
