/** @file What the posterior of a last layer is made of: plain data. */
import type { Expansion, Hyperparameters } from './evidence.ts';
import type { SpectrumParts } from './spectrum.ts';

export interface PosteriorParts {
  /** The layer's weights when it was fitted. */
  readonly trained: Float64Array;
  readonly spectrum: SpectrumParts;
  readonly expansion: Expansion;
  readonly hyperparameters: Hyperparameters;
}
