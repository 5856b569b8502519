/** @file Monte Carlo standard errors. */
import { checkChains, pool, type Chains } from './chains.ts';
import { effectiveSampleSize } from './effectiveSampleSize.ts';
import { mean, variance } from './moments.ts';

/** The standard error of the mean of all draws as an estimate of the expectation: sd / √ESS. NaN where the ESS is. */
export function meanStandardError(chains: Chains): number {
  return Math.sqrt(variance(pool(chains)) / effectiveSampleSize(chains, 'mean'));
}

/**
 * The standard error of the standard deviation of all draws: that of the mean of the squared deviations, divided by
 * 2 sd (the delta method). NaN where the ESS is.
 */
export function sdStandardError(chains: Chains): number {
  const arrays = checkChains('infer.sdStandardError', chains);
  const draws = pool(arrays);
  const centre = mean(draws);
  const squares = arrays.map((chain) => chain.map((draw) => (draw - centre) ** 2));
  return meanStandardError(squares) / (2 * Math.sqrt(variance(draws)));
}
