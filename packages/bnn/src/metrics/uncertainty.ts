/** @file How uncertain predictions are, and how much of that is doubt about the weights. */
import { checkOptions } from '@tychejs/ppl';
import type { ClassOptions, ClassPredictions } from './classes.ts';
import { CLASS_KEYS, readClasses } from './classes.ts';
import type { GaussianNumbers } from './gaussian.ts';
import { deviations, readGaussian } from './gaussian.ts';
import type { Numbers } from './numbers.ts';

/** Uncertainty of each datum, in row-major order; `total` is the sum of the two others. */
export interface Uncertainty {
  readonly total: number[];
  /** Noise in the data: what remains if the weights were known. */
  readonly aleatoric: number[];
  /** Doubt about the weights: what more data would take away. */
  readonly epistemic: number[];
}

/**
 * The entropy of predicted classes, -Σₖ pₖ log pₖ in nats, for each datum in row-major order.
 *
 * @param predictions - aggregated probabilities (or logits) of shape `[..., classes]`, or of yes: `[n]` or `[..., 1]`.
 * @throws TypeError, RangeError for predictions or options that do not fit.
 */
export function predictiveEntropy(predictions: Numbers, options: ClassOptions = {}): number[] {
  const where = 'metrics.predictiveEntropy';
  checkOptions(where, options, CLASS_KEYS);
  const read = readClasses(where, predictions, options.logits ?? false);
  return Array.from({ length: read.rows }, (_, row) => entropy(read, row));
}

/**
 * Splits the entropy of the mixture of draws: into the mean of the draws' entropies (aleatoric), and the mutual information
 * between class and weights (epistemic), in nats (Houlsby et al., 2011; Depeweg et al., 2018).
 *
 * @param draws - what `bnn.predict(x, { aggregate: false, ... })` gives: probabilities (or logits) of shape
 * `[draws, ..., classes]`, or of yes, `[draws, ..., 1]`.
 * @throws TypeError, RangeError for draws or options that do not fit.
 */
export function categoricalUncertainty(draws: Numbers, options: ClassOptions = {}): Uncertainty {
  return ofClasses('metrics.categoricalUncertainty', draws, options);
}

/** The epistemic part of {@link categoricalUncertainty}, of which it takes the arguments; also known as BALD. */
export function mutualInformation(draws: Numbers, options: ClassOptions = {}): number[] {
  return ofClasses('metrics.mutualInformation', draws, options).epistemic;
}

/**
 * Splits the variance of the mixture of draws by the law of total variance: into the mean of the draws' variances
 * (aleatoric), and the variance of their means (epistemic), both in the squared unit of the targets.
 *
 * @param draws - what `bnn.predict(x, { aggregate: false, ... })` gives for Gaussian likelihoods: means of shape
 * `[draws, ...]`, and standard deviations that broadcast to it; with `df`, scales of t distributions.
 * @throws TypeError, RangeError for draws that do not fit, or have no variance.
 */
export function gaussianUncertainty(draws: GaussianNumbers): Uncertainty {
  const where = 'metrics.gaussianUncertainty';
  const read = readGaussian(where, draws);
  const { shape, mean } = read;
  const deviation = deviations(where, read);
  const [count = 0] = shape;
  if (shape.length < 2) throw new RangeError(`${where}: means must have shape [draws, data, ...], got [${shape.join(', ')}]`);
  const data = mean.length / count;
  const over = (values: Float64Array, datum: number): number[] => Array.from({ length: count }, (_, s) => values[s * data + datum] ?? Number.NaN);
  return split(data, (datum) => {
    const means = over(mean, datum);
    const centre = average(means);
    return { aleatoric: average(over(deviation, datum).map((s) => s * s)), epistemic: average(means.map((m) => (m - centre) ** 2)) };
  });
}

function ofClasses(where: string, draws: Numbers, options: ClassOptions): Uncertainty {
  checkOptions(where, options, CLASS_KEYS);
  const read = readClasses(where, draws, options.logits ?? false);
  const [count = 0] = read.shape;
  if (read.shape.length < 2) {
    throw new RangeError(`${where}: draws must have shape [draws, data, classes], as of bnn.predict with aggregate: false; these are of rank ${read.shape.length + Number(!read.isBinary)}`);
  }
  const data = read.rows / count;
  return split(data, (datum) => {
    const rows = Array.from({ length: count }, (_, s) => s * data + datum);
    const mixture = Array.from({ length: read.classes }, (_, k) => average(rows.map((row) => read.probs[row * read.classes + k] ?? Number.NaN)));
    return { aleatoric: average(rows.map((row) => entropy(read, row))), epistemic: average(rows.map((row) => divergence(read, row, mixture))) };
  });
}

function split(data: number, of: (datum: number) => { readonly aleatoric: number; readonly epistemic: number }): Uncertainty {
  const parts = Array.from({ length: data }, (_, datum) => of(datum));
  return {
    total: parts.map(({ aleatoric, epistemic }) => aleatoric + epistemic),
    aleatoric: parts.map(({ aleatoric }) => aleatoric),
    epistemic: parts.map(({ epistemic }) => epistemic),
  };
}

/** -Σ p log p of a row. */
function entropy(read: ClassPredictions, row: number): number {
  return 0 - overClasses(read, row, (p, logP) => p * logP);
}

/**
 * KL(row ‖ mixture). Its mean over the draws is their mutual information with the class, and as a sum of divergences it
 * comes out right where the difference of two entropies would be all rounding.
 */
function divergence(read: ClassPredictions, row: number, mixture: readonly number[]): number {
  return Math.max(0, overClasses(read, row, (p, logP, k) => p * (logP - Math.log(mixture[k] ?? Number.NaN))));
}

/** A sum over the classes that are possible. */
function overClasses({ probs, logProbs, classes }: ClassPredictions, row: number, term: (p: number, logP: number, k: number) => number): number {
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    const p = probs[row * classes + k] ?? Number.NaN;
    if (p > 0) sum += term(p, logProbs[row * classes + k] ?? Number.NaN, k);
  }
  return sum;
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
