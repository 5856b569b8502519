/** @file The continuous ranked probability score. */
import { ops } from '@tychejs/ppl';
import type { GaussianNumbers } from './gaussian.ts';
import { readGaussian, standardised } from './gaussian.ts';
import type { Numbers } from './numbers.ts';
import { distributionFunctions, logDensities, valuesOf } from './standard.ts';

const WHERE = 'metrics.continuousRankedProbabilityScore';

/**
 * The mean over all targets of ∫ (F(x) - [x ≥ y])² dx, in the targets' unit: for a prediction that is certain, the absolute error. It is least for
 * the true distribution, and forgives what is far off more than the log-likelihood does (Gneiting and Raftery, 2007, eq. 21; for
 * t distributions Jordan, Krüger and Lerch, 2019).
 *
 * @param predictions - `{ mean, scale }`, normal; with `df`, above 1, t distributions.
 * @param targets - of the means' shape.
 * @throws TypeError, RangeError for predictions or targets that do not fit.
 */
export function continuousRankedProbabilityScore(predictions: GaussianNumbers, targets: Numbers): number {
  const read = readGaussian(WHERE, predictions);
  const { scale, df } = read;
  if (df !== null && !(df > 1)) throw new RangeError(`${WHERE}: t distributions with df ${df} have no mean, and no score; df must be above 1`);
  const z = standardised(WHERE, read, targets);
  const [below, density] = [distributionFunctions(z, df), logDensities(z, df).map(Math.exp)];
  const spread = meanDifference(df);
  let total = 0;
  z.forEach((value, i) => {
    const widened = df === null ? 1 : (df + value * value) / (df - 1);
    const score = value * (2 * (below[i] ?? Number.NaN) - 1) + 2 * (density[i] ?? Number.NaN) * widened - spread;
    total += (scale[i] ?? Number.NaN) * score;
  });
  return total / z.length;
}

/** Half the mean distance of two draws of the standard distribution. */
function meanDifference(df: number | null): number {
  if (df === null) return 1 / Math.sqrt(Math.PI);
  const [numerator = Number.NaN, root = Number.NaN] = valuesOf(() => ops.lbeta(0.5, [df - 0.5, df / 2]));
  return ((2 * Math.sqrt(df)) / (df - 1)) * Math.exp(numerator - 2 * root);
}
