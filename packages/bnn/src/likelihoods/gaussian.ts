/** @file What Gaussian likelihoods have in common. */
import { dist } from '@tychejs/ppl';
import type { CentredPredictions } from './centredLikelihood.ts';
import { CentredLikelihood } from './centredLikelihood.ts';

/** What a Gaussian likelihood predicts: `scale` is the standard deviation. */
export type GaussianPredictions = CentredPredictions;

/** Predictions aggregate to the mixture's mean and standard deviation: Var = E[scale²] + Var(mean). */
export abstract class Gaussian extends CentredLikelihood {
  protected override readonly inverseUnitVariance: number = 1;

  protected override elementwise({ mean, scale }: GaussianPredictions): dist.Distribution {
    return dist.normal(mean, scale);
  }
}
