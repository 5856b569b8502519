/** @file The generalised Pareto distribution of exceedances: its quantiles, and its parameters from a sample. */

/** Density (1 + k x / σ)^(-1/k - 1) / σ for x ≥ 0, whose moments below 1/k are finite. */
export interface GeneralisedPareto {
  /** k; negative for a bounded tail, 0 for an exponential one. */
  readonly shape: number;
  /** σ */
  readonly scale: number;
}

/** The quantile at probability `p`. */
export function paretoQuantile({ shape, scale }: GeneralisedPareto, p: number): number {
  const exponential = -Math.log1p(-p);
  return shape === 0 ? scale * exponential : (scale * Math.expm1(shape * exponential)) / shape;
}

// Of the grid over θ. Zhang and Stephens take 20 points and √n; Vehtari et al. (appendix C) take 30.
const GRID_POINTS = 30;
const PRIOR_SCALE = 3;
// The prior of k: as if this many exceedances had been seen, with a k of one half.
const PRIOR_COUNT = 10;
const PRIOR_SHAPE = 0.5;

/**
 * The parameters of a sample: the mean of θ = -k/σ over the profile likelihood times a weak, data-dependent prior, on a grid.
 *
 * Source: Zhang and Stephens, "A new and efficient estimation method for the generalized Pareto distribution" (2009),
 * section 4.
 *
 * @param sorted - not negative, in ascending order.
 * @returns NaN for both when the lower quarter of the sample is zero, which no such distribution has.
 */
export function fitGeneralisedPareto(sorted: Float64Array): GeneralisedPareto {
  const n = sorted.length;
  const largest = sorted[n - 1] ?? Number.NaN;
  const quartile = sorted[Math.floor(n / 4 + 0.5) - 1] ?? Number.NaN;
  const m = GRID_POINTS + Math.floor(Math.sqrt(n));
  const grid = Float64Array.from(
    { length: m },
    (_, j) => 1 / largest + (1 - Math.sqrt(m / (j + 0.5))) / (PRIOR_SCALE * quartile),
  );
  const logLikelihoods = grid.map((theta) => n * profileLogLikelihood(theta, sorted));
  const best = logLikelihoods.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  let theta = 0;
  for (const [j, logLikelihood] of logLikelihoods.entries()) {
    const weight = Math.exp(logLikelihood - best);
    sum += weight;
    theta += weight * (grid[j] ?? 0);
  }
  theta /= sum;
  const shape = shapeAt(theta, sorted);
  return { shape, scale: theta === 0 ? mean(sorted) : -shape / theta };
}

/**
 * k of a sample of `count`, shrunk towards ½ by a weakly informative prior worth ten exceedances, which steadies it where
 * they are few.
 *
 * Source: Vehtari, Simpson, Gelman, Yao and Gabry, "Pareto smoothed importance sampling" (2024), appendix C.
 */
export function shrinkShape(shape: number, count: number): number {
  return (count * shape + PRIOR_COUNT * PRIOR_SHAPE) / (count + PRIOR_COUNT);
}

/** The k that is most likely given θ. */
function shapeAt(theta: number, sample: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < sample.length; i++) sum += Math.log1p(-theta * (sample[i] as number));
  return sum / sample.length;
}

/** The log-likelihood of θ, at its best k and for one of the sample; at θ = 0 that of the exponential distribution. */
function profileLogLikelihood(theta: number, sample: Float64Array): number {
  if (theta === 0) return -Math.log(mean(sample)) - 1;
  const shape = shapeAt(theta, sample);
  return Math.log(-theta / shape) - shape - 1;
}

function mean(sample: Float64Array): number {
  return sample.reduce((sum, x) => sum + x, 0) / sample.length;
}
