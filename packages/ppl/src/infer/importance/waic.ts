/** @file The widely applicable information criterion. */
import { variance } from '../mcmc/diagnostics/moments.ts';
import type { Program } from '../svi/loss.ts';
import { sumElpd, type Elpd } from './elpd.ts';
import { readLogLikelihoods, type LogLikelihoods } from './logLikelihoodMatrix.ts';
import type { PosteriorSamples } from './posteriorDraws.ts';
import { logMeanExp } from './weights.ts';

/** The elpd by WAIC. */
export interface Waic extends Elpd {
  readonly method: 'waic';
}

/** Above this variance of an observation's log-likelihood, WAIC may be off (Vehtari et al. 2017, section 3.1). */
const LARGE_VARIANCE = 0.4;

/**
 * The expected log predictive density by the widely applicable information criterion. {@link loo} is the more robust estimate,
 * and knows when it fails.
 *
 * Source: Watanabe (2010); Vehtari, Gelman and Gabry (2017), equations 11 and 12.
 *
 * @param logLikelihoods - `[draw, n]` or `[chain, draw, n]`; or a model, with draws of its posterior and the model's arguments.
 * @throws TypeError or RangeError for what are no log-likelihoods; Error for a model with several observed sites.
 */
export function waic(logLikelihoods: LogLikelihoods): Promise<Waic>;
export function waic<A extends unknown[]>(model: Program<A>, posteriorSamples: PosteriorSamples, ...args: A): Promise<Waic>;
export async function waic(given: LogLikelihoods | Program<never[]>, ...rest: readonly unknown[]): Promise<Waic> {
  const matrix = await readLogLikelihoods('infer.waic', given, rest);
  const { numObservations, numDraws } = matrix;
  const pointwise = new Float64Array(numObservations);
  const pointwiseP = new Float64Array(numObservations);
  for (let i = 0; i < numObservations; i++) {
    const logLikelihood = matrix.column(i);
    const p = variance(logLikelihood);
    pointwiseP[i] = p;
    pointwise[i] = logMeanExp(logLikelihood) - p;
  }
  const large = pointwiseP.filter((p) => p > LARGE_VARIANCE).length;
  const warnings =
    large === 0
      ? []
      : [`${large} of ${numObservations} observations have a log-likelihood of variance above ${LARGE_VARIANCE}, for which WAIC may be off; infer.loo is the better estimate`];
  return { ...sumElpd('waic', pointwise, pointwiseP, numDraws, warnings), method: 'waic' };
}
