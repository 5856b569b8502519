/** @file What tests of guides over one vector share: the guides, and a posterior with correlations that is known exactly. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { constraints, dist, guides, param, sample, transforms } from '@tychejs/ppl';
import { cholesky } from '../../../src/infer/mcmc/cholesky.ts';

type Model<A extends unknown[]> = (...args: A) => unknown;

/** How to make each guide. */
export const flatGuides = {
  AutoDiagonalNormal: <A extends unknown[]>(model: Model<A>, options: guides.AutoContinuousOptions<A> = {}) =>
    new guides.AutoDiagonalNormal(model, options),
  AutoMultivariateNormal: <A extends unknown[]>(model: Model<A>, options: guides.AutoContinuousOptions<A> = {}) =>
    new guides.AutoMultivariateNormal(model, options),
  AutoLowRankMultivariateNormal: <A extends unknown[]>(model: Model<A>, options: guides.AutoContinuousOptions<A> = {}) =>
    new guides.AutoLowRankMultivariateNormal(model, options),
  AutoIAFNormal: <A extends unknown[]>(model: Model<A>, options: guides.AutoContinuousOptions<A> = {}) =>
    new guides.AutoIAFNormal(model, { ...options, hiddenDims: [8] }),
  AutoNormalizingFlow: <A extends unknown[]>(model: Model<A>, options: guides.AutoContinuousOptions<A> = {}) =>
    new guides.AutoNormalizingFlow(model, { ...options, transform: reversedSkew }),
} as const;

/** A flow that skews each number, by sinh(asinh(x) + skew), with a parameter for the skew. */
function reversedSkew(dimension: number, prefix: string): transforms.Transform {
  const skew = param(`${prefix}.skew`, () => tf.zeros([dimension]));
  const order = Array.from({ length: dimension }, (_, i) => dimension - 1 - i);
  return transforms.compose([asinh, transforms.affine(skew, 1), transforms.inverse(asinh), transforms.permutation(order)]);
}

/** y = asinh x, whose volume change is -½ log(1 + x²). */
class Asinh extends transforms.ElementwiseTransform {
  readonly name = 'asinh';
  readonly domain = constraints.real;
  readonly codomain = constraints.real;
  forward(x: Tensor): Tensor {
    return tf.asinh(x);
  }
  inverse(y: Tensor): Tensor {
    return tf.sinh(y);
  }
  logAbsDetJacobian(x: Tensor): Tensor {
    return tf.mul(tf.log1p(tf.square(x)), -0.5);
  }
}

export const asinh: transforms.Transform = new Asinh();

export const NAMES = Object.keys(flatGuides) as (keyof typeof flatGuides)[];

/** Those whose quantiles have a closed form. */
export const NORMALS = NAMES.slice(0, 3);

/** The values of a record of tensors, which are disposed. */
export function numbers(values: Record<string, Tensor>): Record<string, number[]> {
  const result = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [...value.dataSync()]]));
  tf.dispose(values);
  return result;
}

const PRIOR_MEAN = [1, -1, 0.5];
const PRIOR_SD = [1, 2, 0.5];
/** Observations see these combinations of the three unknowns, with this noise. */
const DESIGN = [[1, 1, 0], [0, 1, -2]];
const NOISE = 0.7;
const DATA = [1.5, -2];

/** Three unknowns, in two sites, and two data that tie them together. */
export function linearModel(): void {
  const a = sample('a', dist.normal(PRIOR_MEAN.slice(0, 2), PRIOR_SD.slice(0, 2)).toEvent(1));
  const b = sample('b', dist.normal(PRIOR_MEAN[2]!, PRIOR_SD[2]!));
  const unknowns = tf.concat([a, tf.reshape(b, [1])]);
  const means = tf.sum(tf.mul(tf.tensor2d(DESIGN), unknowns), -1);
  sample('x', dist.normal(means, NOISE).toEvent(1), { obs: DATA });
}

type Matrix = number[][];

export function inverse(matrix: Matrix): Matrix {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let k = 0; k < n; k++) {
    const pivot = rows[k]![k]!;
    rows[k] = rows[k]!.map((x) => x / pivot);
    for (let i = 0; i < n; i++) if (i !== k) rows[i] = rows[i]!.map((x, j) => x - rows[i]![k]! * rows[k]![j]!);
  }
  return rows.map((row) => row.slice(n));
}

/** The lower triangular L with L Lᵀ = `matrix`. */
export function factor(matrix: Matrix): Matrix {
  const n = matrix.length;
  const flat = cholesky(matrix.flat(), n);
  return matrix.map((_, i) => [...flat.subarray(i * n, (i + 1) * n)]);
}

const det = (matrix: Matrix): number => factor(matrix).reduce((product, row, i) => product * row[i]! ** 2, 1);

/** The posterior of {@link linearModel}, and the logarithm of its evidence, by linear algebra. */
export function linearPosterior(): { mean: number[]; covariance: Matrix; logEvidence: number } {
  const precision = PRIOR_SD.map((sd, i) =>
    PRIOR_SD.map((_, j) => (i === j ? sd ** -2 : 0) + DESIGN.reduce((sum, row) => sum + (row[i]! * row[j]!) / NOISE ** 2, 0)),
  );
  const covariance = inverse(precision);
  const pull = PRIOR_MEAN.map((m, i) => m * PRIOR_SD[i]! ** -2 + DESIGN.reduce((sum, row, k) => sum + (row[i]! * DATA[k]!) / NOISE ** 2, 0));
  const mean = covariance.map((row) => row.reduce((sum, c, j) => sum + c * pull[j]!, 0));
  // x ~ N(D m, D S Dᵀ + noise).
  const spread = DESIGN.map((r, i) => DESIGN.map((s, j) => r.reduce((sum, x, k) => sum + x * s[k]! * PRIOR_SD[k]! ** 2, i === j ? NOISE ** 2 : 0)));
  const off = DESIGN.map((row, i) => DATA[i]! - row.reduce((sum, x, k) => sum + x * PRIOR_MEAN[k]!, 0));
  const white = inverse(spread).reduce((sum, row, i) => sum + off[i]! * row.reduce((s, c, j) => s + c * off[j]!, 0), 0);
  return { mean, covariance, logEvidence: -0.5 * white - 0.5 * Math.log(det(spread)) - Math.log(2 * Math.PI) };
}
