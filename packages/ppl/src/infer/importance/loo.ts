/** @file Leave-one-out cross-validation without leaving anything out. */
import { checkOptions } from '../../util/options.ts';
import { checkPositive } from '../mcmc/checks.ts';
import { effectiveSampleSize } from '../mcmc/diagnostics/effectiveSampleSize.ts';
import type { Program } from '../svi/loss.ts';
import { sumElpd, type Elpd } from './elpd.ts';
import { readLogLikelihoods, type LogLikelihoodMatrix, type LogLikelihoods } from './logLikelihoodMatrix.ts';
import type { PosteriorSamples } from './posteriorDraws.ts';
import { paretoKThreshold, psis } from './psis.ts';
import { logMeanExp, logSumExp, normalisedWeights } from './weights.ts';

export interface LooOptions {
  /**
   * The effective number of draws divided by their number, for all observations or for each; by default computed where the
   * draws are given by chain, else 1.
   */
  readonly relativeEfficiency?: number | ArrayLike<number>;
}

/** The elpd by PSIS-LOO. */
export interface Loo extends Elpd {
  readonly method: 'loo';
  /** k̂ of each observation: how much it would change the posterior to leave it out. */
  readonly paretoK: Float64Array;
  /** Up to which k̂ this many draws are enough. */
  readonly threshold: number;
  /** How many observations have k̂ up to the threshold, above it, and above 1. */
  readonly counts: { readonly good: number; readonly bad: number; readonly veryBad: number };
  /** The standard error of `elpd` that comes from the number of draws being finite; where k̂ is bad, it is worse than that. */
  readonly mcse: number;
}

/**
 * The expected log predictive density by leave-one-out cross-validation, each posterior without an observation got from the
 * whole one by Pareto-smoothed importance sampling.
 *
 * Source: Vehtari, Gelman and Gabry, "Practical Bayesian model evaluation using leave-one-out cross-validation and WAIC" (2017).
 *
 * @param logLikelihoods - `[draw, n]` or `[chain, draw, n]`; or a model, with draws of its posterior (see `logLikelihood`; those
 *   of `mcmc.getSamples({ groupByChain: true })` are best) and the model's arguments.
 * @throws TypeError or RangeError for what are no log-likelihoods; Error for a model with several observed sites.
 */
export function loo(logLikelihoods: LogLikelihoods, options?: LooOptions): Promise<Loo>;
export function loo<A extends unknown[]>(model: Program<A>, posteriorSamples: PosteriorSamples, ...args: A): Promise<Loo>;
export async function loo(given: LogLikelihoods | Program<never[]>, ...rest: readonly unknown[]): Promise<Loo> {
  const where = 'infer.loo';
  const options = typeof given === 'function' ? {} : ((rest[0] ?? {}) as LooOptions);
  checkOptions(where, options, ['relativeEfficiency']);
  const matrix = await readLogLikelihoods(where, given, rest);
  return psisLoo(matrix, givenEfficiency(where, options.relativeEfficiency, matrix.numObservations));
}

/** What the option says of observation i; null for nothing. @throws RangeError when it does not fit the observations. */
function givenEfficiency(where: string, given: LooOptions['relativeEfficiency'], count: number): ((i: number) => number) | null {
  if (given === undefined) return null;
  const values = typeof given === 'number' ? [given] : Array.from(given);
  if (typeof given !== 'number' && values.length !== count) {
    throw new RangeError(`${where}: relativeEfficiency must be a number, or ${count} of them, one an observation; got ${values.length}`);
  }
  for (const value of values) checkPositive(where, 'relativeEfficiency', value);
  return (i) => (typeof given === 'number' ? given : (values[i] as number));
}

function psisLoo(matrix: LogLikelihoodMatrix, given: ((i: number) => number) | null): Loo {
  const { numObservations, numDraws } = matrix;
  const pointwise = new Float64Array(numObservations);
  const pointwiseP = new Float64Array(numObservations);
  const paretoK = new Float64Array(numObservations);
  let squaredErrors = 0;
  for (let i = 0; i < numObservations; i++) {
    const logLikelihood = matrix.column(i);
    const relativeEfficiency = given?.(i) ?? efficiency(logLikelihood, matrix.numChains);
    // Leaving an observation out divides the posterior by its likelihood (equation 7).
    const smoothed = psis(logLikelihood.map((x) => -x), { relativeEfficiency });
    const weights = normalisedWeights(smoothed.logWeights);
    const elpd = logSumExp(logLikelihood.map((x, s) => x + Math.log(weights[s] as number)));
    pointwise[i] = elpd;
    pointwiseP[i] = logMeanExp(logLikelihood) - elpd;
    paretoK[i] = smoothed.k;
    squaredErrors += relativeVariance(logLikelihood, weights, elpd) / relativeEfficiency;
  }
  const threshold = paretoKThreshold(numDraws);
  const counts = {
    good: paretoK.filter((k) => k <= threshold).length,
    bad: paretoK.filter((k) => k > threshold && k <= 1).length,
    veryBad: paretoK.filter((k) => k > 1).length,
  };
  const warnings = advice(paretoK, threshold);
  return { ...sumElpd('loo', pointwise, pointwiseP, numDraws, warnings), method: 'loo', paretoK, threshold, counts, mcse: Math.sqrt(squaredErrors) };
}

/** ESS / S of the likelihood, which is what is averaged; 1 where nothing is known of chains, or the likelihood is constant. */
function efficiency(logLikelihood: Float64Array, numChains: number | null): number {
  if (numChains === null) return 1;
  const largest = logLikelihood.reduce((a, b) => Math.max(a, b), -Infinity);
  const likelihood = logLikelihood.map((x) => Math.exp(x - largest));
  const length = likelihood.length / numChains;
  const chains = Array.from({ length: numChains }, (_, chain) => likelihood.subarray(chain * length, (chain + 1) * length));
  const ess = effectiveSampleSize(chains, 'mean');
  return Number.isNaN(ess) ? 1 : ess / likelihood.length;
}

/** The variance of a weighted mean of likelihoods, by the square of the mean: nearly that of its logarithm. */
function relativeVariance(logLikelihood: Float64Array, weights: Float64Array, logMean: number): number {
  let sum = 0;
  for (const [s, x] of logLikelihood.entries()) sum += ((weights[s] as number) * Math.expm1(x - logMean)) ** 2;
  return sum;
}

const MOST_NAMED = 10;

function advice(paretoK: Float64Array, threshold: number): string[] {
  const bad = [...paretoK.keys()].filter((i) => !((paretoK[i] as number) <= threshold));
  if (bad.length === 0) return [];
  const named = bad.slice(0, MOST_NAMED).join(', ') + (bad.length > MOST_NAMED ? ', ...' : '');
  return [
    `${bad.length} of ${paretoK.length} observations have a Pareto k above ${threshold.toFixed(2)} (${named}): the posterior without ` +
      'them differs too much for importance sampling. Fit the model without each of these to get their elpd, draw more if k is ' +
      'below 0.7, or see whether the model can explain them: a heavier tail, say.',
  ];
}
