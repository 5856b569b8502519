/** @file Kullback-Leibler divergences within families of vectors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { diagEmbed } from '../ops/triangle.ts';
import { Dirichlet, logMultivariateBeta, meanLogs } from './dirichlet.ts';
import { Independent } from './independent.ts';
import { registerKl } from './kl.ts';
import { MultivariateNormal } from './multivariateNormal.ts';
import { Normal } from './normal.ts';
import { asTensor } from './parameter.ts';

/** The means of a normal vector, and some S with S Sᵀ its covariance, with the logarithm of its determinant. */
interface Gaussian {
  readonly loc: Tensor;
  readonly root: Tensor;
  readonly logDet: Tensor;
}

/** ½ (|S_q⁻¹ S_p|² + |S_q⁻¹ (μ_p - μ_q)|² - n) + log det S_q - log det S_p, with the Frobenius norm. */
function klOfNormals(p: Gaussian, q: Gaussian, whiten: (columns: Tensor) => Tensor): Tensor {
  const size = p.loc.shape.at(-1) ?? 0;
  const spread = tf.sum(tf.square(whiten(p.root)), [-2, -1]);
  const shift = tf.sum(tf.square(whiten(tf.expandDims(tf.sub(p.loc, q.loc), -1))), [-2, -1]);
  return tf.add(tf.mul(tf.sub(tf.add(spread, shift), size), 0.5), tf.sub(q.logDet, p.logDet));
}

function full(d: MultivariateNormal): Gaussian {
  return { loc: asTensor(d.loc), root: d.root(), logDet: d.logAbsDetScale() };
}

/** A vector of independent normal variables, if that is what `base` stands for. */
function diagonal(d: Independent): { gaussian: Gaussian; scale: Tensor } | null {
  const { base } = d;
  if (!(base instanceof Normal) || d.reinterpreted !== 1) return null;
  const scale = tf.broadcastTo(asTensor(base.scale), [...base.batchShape]);
  return { gaussian: { loc: base.mean, root: diagEmbed(scale), logDet: tf.sum(tf.log(scale), -1) }, scale };
}

registerKl(MultivariateNormal, MultivariateNormal, (p, q) => klOfNormals(full(p), full(q), (x) => q.whiten(x)));

registerKl(Independent, MultivariateNormal, (p, q) => {
  const normals = diagonal(p);
  return normals === null ? null : klOfNormals(normals.gaussian, full(q), (x) => q.whiten(x));
});

registerKl(MultivariateNormal, Independent, (p, q) => {
  const normals = diagonal(q);
  if (normals === null) return null;
  return klOfNormals(full(p), normals.gaussian, (x) => tf.div(x, tf.expandDims(normals.scale, -1)));
});

// log B(c_q) - log B(c_p) + Σ (c_p - c_q) (ψ(c_p) - ψ(Σ c_p))
registerKl(Dirichlet, Dirichlet, (p, q) => {
  const [ours, theirs] = [asTensor(p.concentration), asTensor(q.concentration)];
  const logs = tf.sum(tf.mul(tf.sub(ours, theirs), meanLogs(ours)), -1);
  return tf.add(tf.sub(logMultivariateBeta(theirs), logMultivariateBeta(ours)), logs);
});
