/** @file Kullback-Leibler divergences within families of numbers. */
import * as tf from '@tensorflow/tfjs-core';
import { exact } from '../ops/exact.ts';
import { xlogy } from '../ops/logs.ts';
import { Bernoulli } from './bernoulli.ts';
import { Beta } from './beta.ts';
import { Exponential } from './exponential.ts';
import { Categorical } from './categorical.ts';
import { classLogProbabilities, classProbabilities } from './classes.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { Gamma } from './gamma.ts';
import { HalfNormal } from './halfNormal.ts';
import { registerKl } from './kl.ts';
import { Laplace } from './laplace.ts';
import { LogNormal } from './logNormal.ts';
import { Normal } from './normal.ts';
import { asTensor } from './parameter.ts';
import { Poisson } from './poisson.ts';
import { failureProbability, logLikelihood, successProbability } from './probability.ts';
import { Uniform } from './uniform.ts';

/** ½ (r - 1 - log r), with r the ratio of variances: the part of two normals' divergence that is due to their scales. */
function klOfScales(p: Operand, q: Operand): Operand {
  const ratio = fold.div(p, q);
  return fold.sub(fold.mul(fold.sub(fold.square(ratio), 1), 0.5), fold.log(ratio));
}

function klOfNormals(p: Normal | LogNormal, q: Normal | LogNormal): Operand {
  const z = fold.div(fold.sub(operand(p.loc), operand(q.loc)), operand(q.scale));
  return fold.add(fold.mul(fold.square(z), 0.5), klOfScales(operand(p.scale), operand(q.scale)));
}

registerKl(Normal, Normal, klOfNormals);
registerKl(LogNormal, LogNormal, klOfNormals);

// log(b / a) + |μ - μ'| / b + a / b exp(-|μ - μ'| / a) - 1, with a and b the scales of p and q
registerKl(Laplace, Laplace, (p, q) => {
  const distance = tf.abs(asTensor(fold.sub(operand(p.loc), operand(q.loc))));
  const ratio = fold.div(operand(p.scale), operand(q.scale));
  const near = fold.mul(tf.exp(tf.neg(fold.div(distance, operand(p.scale)))), ratio);
  return tf.add(fold.div(distance, operand(q.scale)), fold.sub(fold.sub(near, 1), fold.log(ratio)));
});

registerKl(HalfNormal, HalfNormal, (p, q) => klOfScales(operand(p.scale), operand(q.scale)));

// (a - a') ψ(a) - log Γ(a) + log Γ(a') + a' (log b - log b') + a (b' - b) / b
registerKl(Gamma, Gamma, (p, q) => {
  const [a, b] = [operand(p.concentration), operand(p.rate)];
  const [a2, b2] = [operand(q.concentration), operand(q.rate)];
  const shapes = fold.sub(fold.mul(fold.sub(a, a2), fold.digamma(a)), fold.sub(fold.lgamma(a), fold.lgamma(a2)));
  const ratio = fold.div(b2, b);
  return fold.add(shapes, fold.sub(fold.mul(a, fold.sub(ratio, 1)), fold.mul(a2, fold.log(ratio))));
});

// log B(a', b') - log B(a, b) + (a - a') (ψ(a) - ψ(a + b)) + (b - b') (ψ(b) - ψ(a + b))
registerKl(Beta, Beta, (p, q) => {
  const [a, b] = [operand(p.concentration1), operand(p.concentration0)];
  const [a2, b2] = [operand(q.concentration1), operand(q.concentration0)];
  const first = fold.mul(fold.sub(a, a2), fold.digammaDifference(a, b));
  const second = fold.mul(fold.sub(b, b2), fold.digammaDifference(b, a));
  return fold.add(fold.sub(fold.lbeta(a2, b2), fold.lbeta(a, b)), fold.add(first, second));
});

// r - 1 - log r, with r the ratio of rates
registerKl(Exponential, Exponential, (p, q) => {
  const ratio = fold.div(operand(q.rate), operand(p.rate));
  return fold.sub(fold.sub(ratio, 1), fold.log(ratio));
});

// λ log(λ / λ') - λ + λ'
registerKl(Poisson, Poisson, (p, q) => {
  const [rate, rate2] = [operand(p.rate), operand(q.rate)];
  return tf.add(tf.sub(xlogy(rate, rate), xlogy(rate, rate2)), fold.sub(rate2, rate));
});

registerKl(Uniform, Uniform, (p, q) => {
  const [low, high] = [operand(p.low), operand(p.high)];
  const [low2, high2] = [operand(q.low), operand(q.high)];
  const widths = fold.div(fold.sub(high2, low2), fold.sub(high, low));
  const isInside = tf.logicalAnd(tf.lessEqual(low2, low), tf.greaterEqual(high2, high));
  return tf.where(isInside, exact(fold.log(widths)), Infinity);
});

registerKl(Bernoulli, Bernoulli, (p, q) => {
  const success = successProbability(p.isLogits, p.parameter);
  const failure = failureProbability(p.isLogits, p.parameter);
  const own = logLikelihood(p.isLogits, p.parameter, success, failure);
  return tf.sub(own, logLikelihood(q.isLogits, q.parameter, success, failure));
});

// Σ p (log p - log q), where classes of probability zero under p count for nothing.
registerKl(Categorical, Categorical, (p, q) => {
  const probs = classProbabilities(p.isLogits, p.parameter);
  const ratio = tf.sub(classLogProbabilities(p.isLogits, p.parameter), classLogProbabilities(q.isLogits, q.parameter));
  return tf.sum(tf.mul(probs, tf.where(tf.greater(probs, 0), ratio, 0)), -1);
});
