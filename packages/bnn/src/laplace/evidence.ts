/** @file The evidence of a Laplace approximation, as a function of the prior's precision and the variance of the noise. */
import { maximise } from './maximise.ts';

/**
 * The log-likelihood around the trained weights θ₀, to second order; vectors are in the basis of the spectrum.
 *
 * With Gaussian noise of variance s all is divided by s, and the expansion is exact, at whatever weights: then the gradient counts.
 * For other likelihoods s is 1 and the trained weights are taken for the mode, as is usual, so that there is none.
 */
export interface Expansion {
  /** Eigenvalues λ of the negative Hessian. */
  readonly curvature: Float64Array;
  /** θ₀. */
  readonly weights: Float64Array;
  /** That of the log-likelihood, a; `null` for trained weights at the mode. */
  readonly gradient: Float64Array | null;
  /** The log-likelihood of all data at θ₀, for each variance of the noise. */
  readonly noise: { readonly logLikelihood: number } | SquaredErrors;
}

/** What the log-likelihood is made of where the noise is Gaussian: the sum of squares, and how many numbers are in it. */
export interface SquaredErrors {
  readonly squares: number;
  readonly count: number;
}

export interface Hyperparameters {
  /** δ of the prior Normal(0, 1 / δ) of each weight. */
  readonly priorPrecision: number;
  /** s; 1 where there is no noise. */
  readonly noiseVariance: number;
}

/** The normal approximation of the posterior, in the basis of the spectrum. */
export interface Posterior {
  readonly mean: Float64Array;
  readonly variances: Float64Array;
}

/** Precisions are sought between these multiples of the greatest eigenvalue: beyond, nothing changes any more. */
const LOWEST = 1e-12;
const HIGHEST = 1e6;

/** The posterior: θ₀ + (H / s + δ)⁻¹ g, with g the gradient of the log joint density at θ₀. */
export function posteriorAt(expansion: Expansion, { priorPrecision, noiseVariance }: Hyperparameters): Posterior {
  const { curvature, weights } = expansion;
  const variances = curvature.map((value) => 1 / (value / noiseVariance + priorPrecision));
  const mean = weights.map((weight, i) => weight + slope(expansion, i, priorPrecision, noiseVariance) * (variances[i] ?? 0));
  return { mean, variances };
}

/** log ∫ p(y | θ) p(θ) dθ, with the log joint density taken to second order around θ₀. */
export function logEvidence(expansion: Expansion, { priorPrecision, noiseVariance }: Hyperparameters): number {
  const { curvature, weights, noise } = expansion;
  let sum = 'squares' in noise ? gaussianLogLikelihood(noise, noiseVariance) : noise.logLikelihood;
  for (let i = 0; i < curvature.length; i++) {
    const precision = (curvature[i] ?? 0) / noiseVariance + priorPrecision;
    const g = slope(expansion, i, priorPrecision, noiseVariance);
    sum += 0.5 * (Math.log(priorPrecision / precision) - priorPrecision * (weights[i] ?? 0) ** 2 + (g * g) / precision);
  }
  return sum;
}

/**
 * The greatest evidence (MacKay, "Bayesian interpolation", 1992), over what is not known.
 *
 * @param known - `null` for what is to be chosen.
 */
export function chooseHyperparameters(
  expansion: Expansion,
  known: { readonly priorPrecision: number | null; readonly noiseVariance: number | null },
): Hyperparameters {
  const { priorPrecision, noiseVariance } = known;
  const { noise } = expansion;
  const greatest = expansion.curvature.reduce((a, b) => Math.max(a, b), Number.MIN_VALUE / LOWEST);
  const evidence = (delta: number, s: number): number => logEvidence(expansion, { priorPrecision: delta, noiseVariance: s });
  const [low, high] = [LOWEST * greatest, HIGHEST * greatest];
  if (noiseVariance !== null) {
    return { priorPrecision: priorPrecision ?? maximise((delta) => evidence(delta, noiseVariance), low / noiseVariance, high / noiseVariance), noiseVariance };
  }
  if (!('squares' in noise)) return chooseHyperparameters(expansion, { priorPrecision, noiseVariance: 1 });
  if (priorPrecision !== null) {
    const typical = Math.max(noise.squares / noise.count, Number.MIN_VALUE / LOWEST);
    return { priorPrecision, noiseVariance: maximise((s) => evidence(priorPrecision, s), LOWEST * typical, HIGHEST * typical) };
  }
  // For each ratio δ s the best s is known: the posterior sum of squares and of weights, by the number of data.
  const bestNoise = (ratio: number): number => penalisedSquares(expansion, noise.squares, ratio) / noise.count;
  const ratio = maximise((each) => evidence(each / bestNoise(each), bestNoise(each)), low, high);
  return { priorPrecision: ratio / bestNoise(ratio), noiseVariance: bestNoise(ratio) };
}

/** The gradient of the log joint density at θ₀, in the i-th direction. */
function slope({ gradient, weights }: Expansion, i: number, priorPrecision: number, noiseVariance: number): number {
  return gradient === null ? 0 : (gradient[i] ?? 0) / noiseVariance - priorPrecision * (weights[i] ?? 0);
}

/** min_θ of the sum of squares + ratio ‖θ‖². */
function penalisedSquares({ curvature, weights, gradient }: Expansion, squares: number, ratio: number): number {
  let sum = squares;
  for (let i = 0; i < curvature.length; i++) {
    const weight = weights[i] ?? 0;
    sum += ratio * weight ** 2 - ((gradient?.[i] ?? 0) - ratio * weight) ** 2 / ((curvature[i] ?? 0) + ratio);
  }
  return sum;
}

function gaussianLogLikelihood({ squares, count }: SquaredErrors, variance: number): number {
  return -0.5 * (squares / variance + count * Math.log(2 * Math.PI * variance));
}
