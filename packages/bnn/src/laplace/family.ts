/** @file What a Laplace approximation needs of a likelihood: its curvature in the outputs, and predictions in closed form. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { BernoulliLikelihood } from '../likelihoods/bernoulli.ts';
import { CategoricalLikelihood } from '../likelihoods/categorical.ts';
import { HomoskedasticGaussian } from '../likelihoods/homoskedasticGaussian.ts';
import type { LatentValues, Likelihood } from '../likelihoods/likelihood.ts';
import { PoissonLikelihood } from '../likelihoods/poisson.ts';

/**
 * Outputs f of the network, and their posterior, normal as that of the weights. In f the negative log-likelihood of a datum has the
 * Hessian diag(w) - w wᵀ where outputs are coupled, else diag(w): for these likelihoods it does not depend on the target.
 */
export interface Family {
  readonly isCoupled: boolean;
  /** Whether the log-likelihood is quadratic in f, so that nothing is approximated. */
  readonly isQuadratic: boolean;
  /** w, in the shape of the outputs [rows, outputs]. */
  weights(outputs: Float64Array, numOutputs: number): Float64Array;
  /** What is predicted for outputs of this mean and variance (of their contrasts, if they are coupled), as the likelihood predicts. */
  predict(mean: Tensor, variance: Tensor, latents: LatentValues): unknown;
}

/** 1 / √(1 + π v / 8): the logistic function is nearly a probit one (MacKay, "The evidence framework applied to classification networks", 1992). */
const flatten = (mean: Tensor, variance: Tensor): Tensor => tf.mul(mean, tf.rsqrt(tf.add(1, tf.mul(Math.PI / 8, variance))));

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const CATEGORICAL: Family = {
  isCoupled: true,
  isQuadratic: false,
  weights: softmaxRows,
  predict: (mean, variance) => tf.logSoftmax(flatten(mean, variance)),
};

const BERNOULLI: Family = {
  isCoupled: false,
  isQuadratic: false,
  weights: (outputs) => outputs.map((x) => sigmoid(x) * sigmoid(-x)),
  predict: flatten,
};

const POISSON: Family = {
  isCoupled: false,
  isQuadratic: false,
  weights: (outputs) => outputs.map(Math.exp),
  // The logarithm of the mean rate, that of a log-normal distribution.
  predict: (mean, variance) => tf.add(mean, tf.mul(0.5, variance)),
};

/** With noise of scale one. */
function gaussian(likelihood: HomoskedasticGaussian): Family {
  return {
    isCoupled: false,
    isQuadratic: true,
    weights: (outputs) => new Float64Array(outputs.length).fill(1),
    predict: (mean, variance, latents) => {
      const predicted = likelihood.predictionsFrom(mean, latents);
      return { mean: predicted.mean, scale: tf.sqrt(tf.add(tf.square(predicted.scale), variance)) };
    },
  };
}

/** @throws Error for a likelihood of which that is not known. */
export function familyOf<P>(where: string, likelihood: Likelihood<P>): Family {
  if (likelihood instanceof HomoskedasticGaussian) return gaussian(likelihood);
  if (likelihood instanceof CategoricalLikelihood) return checked(where, CATEGORICAL, likelihood.isLogits, 'logits');
  if (likelihood instanceof BernoulliLikelihood) return checked(where, BERNOULLI, likelihood.isLogits, 'logits');
  if (likelihood instanceof PoissonLikelihood) return checked(where, POISSON, likelihood.isLog, 'logRates');
  throw new Error(`${where}: the likelihood must be categorical, bernoulli, poisson or homoskedasticGaussian, with outputs that are linear in the last weights`);
}

function checked(where: string, family: Family, isUnbounded: boolean, option: string): Family {
  if (isUnbounded) return family;
  throw new Error(`${where}: the likelihood has ${option}: false, but the outputs of the last layer must be unbounded; leave that out, and the activation of the layer too`);
}

function softmaxRows(outputs: Float64Array, numOutputs: number): Float64Array {
  const result = new Float64Array(outputs.length);
  for (let start = 0; start < outputs.length; start += numOutputs) {
    const row = outputs.subarray(start, start + numOutputs);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = row.reduce((sum, x) => sum + Math.exp(x - most), 0);
    row.forEach((x, c) => (result[start + c] = Math.exp(x - most) / total));
  }
  return result;
}
