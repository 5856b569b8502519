/** @file What all networks with uncertainty have in common. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { NetInput } from './lift/net.ts';
import type { Likelihood } from './likelihoods/likelihood.ts';
import type { PredictOptions } from './predictions.ts';

/**
 * A network that predicts with several draws of its weights (or with several members): `VariationalBNN`, `McmcBNN`, and what
 * they are compared with. Whoever takes one of these asks no more of it.
 *
 * @typeParam P - what the likelihood predicts.
 */
export interface ProbabilisticNet<P> {
  readonly likelihood: Likelihood<P>;
  /** One prediction for all draws, or with `aggregate: false` those of each along a new first dimension. Changes nothing. */
  predict(x: NetInput, options: PredictOptions): P;
  /** Mean error and mean log-likelihood of targets under the aggregated prediction. */
  evaluate(x: NetInput, y: Tensor, options: Omit<PredictOptions, 'aggregate'>): { error: number; logLikelihood: number };
}
