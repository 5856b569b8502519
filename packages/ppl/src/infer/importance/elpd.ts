/** @file Estimates of how well a model predicts data that it has not seen. */
import { mean, variance } from '../mcmc/diagnostics/moments.ts';

/** The expected log pointwise predictive density for new data, estimated from n observations. */
export interface Elpd {
  readonly method: 'loo' | 'waic';
  /** Σ elpdᵢ, higher is better. */
  readonly elpd: number;
  /** Its standard error, from how the observations differ; too small where they are few (below 100, say). */
  readonly se: number;
  /** The effective number of parameters: how much worse new data are predicted than those of the fit. */
  readonly p: number;
  readonly pSe: number;
  /** -2 elpd, on the scale of deviances. */
  readonly ic: number;
  readonly icSe: number;
  /** elpdᵢ of each observation. */
  readonly pointwise: Float64Array;
  /** The share of each observation in `p`. */
  readonly pointwiseP: Float64Array;
  readonly numObservations: number;
  readonly numDraws: number;
  /** Reasons not to trust the estimate, each with a cure; empty for a good one. */
  readonly warnings: readonly string[];
}

/**
 * Sums over observations with standard errors √(n Var).
 *
 * Source: Vehtari, Gelman and Gabry, "Practical Bayesian model evaluation using leave-one-out cross-validation and WAIC" (2017),
 * section 5.1.
 */
export function sumElpd(
  method: Elpd['method'],
  pointwise: Float64Array,
  pointwiseP: Float64Array,
  numDraws: number,
  warnings: readonly string[],
): Elpd {
  const [elpd, se] = sumWithError(pointwise);
  const [p, pSe] = sumWithError(pointwiseP);
  const numObservations = pointwise.length;
  return { method, elpd, se, p, pSe, ic: -2 * elpd, icSe: 2 * se, pointwise, pointwiseP, numObservations, numDraws, warnings };
}

/** A sum and its standard error, NaN for a single term. */
export function sumWithError(terms: Float64Array): [sum: number, se: number] {
  const n = terms.length;
  return [n * mean(terms), Math.sqrt(n * variance(terms))];
}
