/** @file The posterior of each scalar in a few numbers. */
import { pool, type Chains } from './diagnostics/chains.ts';
import { effectiveSampleSize } from './diagnostics/effectiveSampleSize.ts';
import { mean, sortedQuantile, variance } from './diagnostics/moments.ts';
import { splitRHat } from './diagnostics/rHat.ts';
import { meanStandardError } from './diagnostics/standardError.ts';

export interface ScalarSummary {
  readonly mean: number;
  readonly sd: number;
  /** Monte Carlo standard error of the mean. */
  readonly mcseMean: number;
  /** Quantiles at 5, 50 and 95 %. */
  readonly q5: number;
  readonly q50: number;
  readonly q95: number;
  /** Effective sample sizes for the centre and for the 5 and 95 % quantiles. */
  readonly essBulk: number;
  readonly essTail: number;
  /** Rank-normalised split R̂. */
  readonly rHat: number;
}

/** By scalar name, as in `mu`, `theta[3]`, `w[1,2]`. */
export type Summary = Record<string, ScalarSummary>;

/** @param chains - `[chain, draw]`. */
export function summariseScalar(chains: Chains): ScalarSummary {
  const sorted = pool(chains).sort();
  return {
    mean: mean(sorted),
    sd: Math.sqrt(variance(sorted)),
    mcseMean: meanStandardError(chains),
    q5: sortedQuantile(sorted, 0.05),
    q50: sortedQuantile(sorted, 0.5),
    q95: sortedQuantile(sorted, 0.95),
    essBulk: effectiveSampleSize(chains, 'bulk'),
    essTail: effectiveSampleSize(chains, 'tail'),
    rHat: splitRHat(chains),
  };
}
