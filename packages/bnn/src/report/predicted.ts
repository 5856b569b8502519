/** @file What a network predicts for the data of a report, and how much of its doubt is about the weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { NetInput } from '../lift/net.ts';
import { BernoulliLikelihood } from '../likelihoods/bernoulli.ts';
import { CategoricalLikelihood } from '../likelihoods/categorical.ts';
import type { CentredPredictions } from '../likelihoods/centredLikelihood.ts';
import { CentredLikelihood } from '../likelihoods/centredLikelihood.ts';
import type { Likelihood } from '../likelihoods/likelihood.ts';
import { PoissonLikelihood } from '../likelihoods/poisson.ts';
import type { GaussianNumbers } from '../metrics/gaussian.ts';
import type { Uncertainty } from '../metrics/uncertainty.ts';
import { categoricalUncertainty, gaussianUncertainty } from '../metrics/uncertainty.ts';
import type { ProbabilisticNet } from '../probabilisticNet.ts';

/** Predictions as metrics take them. The tensors are those of the `tidy` around. */
export type Predictions =
  | { readonly kind: 'classes'; readonly values: Tensor; readonly logits: boolean }
  | { readonly kind: 'numbers'; readonly values: GaussianNumbers & CentredPredictions }
  | { readonly kind: 'counts'; readonly values: { readonly rate: Tensor } };

export interface Predicted {
  /** Aggregated over the draws. */
  readonly predictions: Predictions;
  /** Of each element of the targets: entropies of classes, variances of numbers and counts. */
  readonly uncertainty: Uncertainty;
}

export interface PredictionOptions {
  /** As many as the network has, if that is up to it. */
  readonly numSamples: number | undefined;
  /** Rows that are predicted at once; all by default. */
  readonly batchSize: number | undefined;
}

/** Predicts all rows of `x`; to be called in a `tidy`. @throws TypeError for a likelihood that reports know nothing of. */
export function predictAll<P>(bnn: ProbabilisticNet<P>, x: NetInput, { numSamples, batchSize }: PredictionOptions): Predicted {
  const { likelihood } = bnn;
  const parts = batchesOf(x, batchSize).map((batch) => {
    const draws = bnn.predict(batch, { ...(numSamples === undefined ? {} : { numSamples }), aggregate: false } as never);
    return { aggregated: likelihood.aggregatePredictions(draws), uncertainty: uncertaintyOf(readPredictions(likelihood, draws)) };
  });
  const uncertainties = parts.map(({ uncertainty }) => uncertainty);
  return {
    predictions: joined(parts.map(({ aggregated }) => readPredictions(likelihood, aggregated))),
    uncertainty: {
      total: uncertainties.flatMap(({ total }) => total),
      aleatoric: uncertainties.flatMap(({ aleatoric }) => aleatoric),
      epistemic: uncertainties.flatMap(({ epistemic }) => epistemic),
    },
  };
}

/** The targets of a likelihood as metrics take them beside {@link Predictions}. */
export function targetsOf<P>(likelihood: Likelihood<P>, y: Tensor): Tensor {
  return likelihood instanceof BernoulliLikelihood ? tf.reshape(y, [-1]) : y;
}

/** `predictions` of one draw, or of many along a first dimension. */
function readPredictions<P>(likelihood: Likelihood<P>, predictions: P): Predictions {
  const values: unknown = predictions;
  if (likelihood instanceof CategoricalLikelihood) return { kind: 'classes', values: values as Tensor, logits: likelihood.isLogits };
  // Every answer is a datum of its own, and has a column of its own, which metrics take for yes or no.
  if (likelihood instanceof BernoulliLikelihood) return { kind: 'classes', values: tf.expandDims(values as Tensor, -1), logits: likelihood.isLogits };
  if (likelihood instanceof PoissonLikelihood) return { kind: 'counts', values: { rate: likelihood.isLog ? tf.exp(values as Tensor) : (values as Tensor) } };
  if (!(likelihood instanceof CentredLikelihood)) throw new TypeError('report: the likelihood must be one of likelihoods.*');
  return { kind: 'numbers', values: values as CentredPredictions };
}

/** @param draws - along the first dimension. */
function uncertaintyOf(draws: Predictions): Uncertainty {
  if (draws.kind === 'classes') return categoricalUncertainty(draws.values, { logits: draws.logits });
  if (draws.kind === 'numbers') return gaussianUncertainty(draws.values);
  // The variance of a count is its rate.
  const rate = tf.maximum(draws.values.rate, Number.MIN_VALUE);
  return gaussianUncertainty({ mean: rate, scale: tf.maximum(tf.sqrt(rate), 1e-18) });
}

function joined(parts: readonly Predictions[]): Predictions {
  const [first] = parts;
  if (first === undefined) throw new Error('report: there are no data');
  const join = (of: (part: never) => Tensor): Tensor => tf.concat(parts.map(({ values }) => of(values as never)));
  if (first.kind === 'classes') {
    const values = join((part) => part);
    const isBinary = values.shape.at(-1) === 1;
    return { ...first, values: isBinary ? tf.reshape(values, [-1]) : values };
  }
  if (first.kind === 'counts') return { kind: 'counts', values: { rate: join(({ rate }: { rate: Tensor }) => rate) } };
  const [mean, scale] = [join(({ mean: each }: CentredPredictions) => each), join(({ mean: each, scale: of }: CentredPredictions) => tf.broadcastTo(of, each.shape))];
  return { kind: 'numbers', values: { ...first.values, mean, scale } };
}

function batchesOf(x: NetInput, batchSize: number | undefined): NetInput[] {
  const count = (Array.isArray(x) ? x[0] : x)?.shape[0] ?? 0;
  if (batchSize === undefined || batchSize >= count) return [x];
  const take = (input: Tensor, start: number): Tensor => tf.slice(input, [start], [Math.min(batchSize, count - start)]);
  const starts = Array.from({ length: Math.ceil(count / batchSize) }, (_, i) => i * batchSize);
  return starts.map((start) => (Array.isArray(x) ? x.map((input) => take(input, start)) : take(x, start)));
}
