/** @file The multivariate normal distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { lowerCholesky, positiveDefinite } from '../constraints/matrices.ts';
import { realVector } from '../constraints/real.ts';
import { cholesky, logAbsDetTriangular } from '../ops/cholesky.ts';
import { triangularSolve } from '../ops/triangularSolve.ts';
import type { RandomStream } from '../random/stream.ts';
import { normalTensor } from '../random/tensors.ts';
import { checkOptions } from '../util/options.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, format, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import { HALF_LOG_TWO_PI } from './normal.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** Exactly one of the three, of shape `[..., n, n]`. */
export interface Covariance {
  /** Σ, positive definite. */
  readonly covarianceMatrix?: Parameter;
  /** Lower triangular L with positive diagonal, Σ = L Lᵀ: the cheapest. */
  readonly scaleTril?: Parameter;
  /** Σ⁻¹, positive definite. */
  readonly precisionMatrix?: Parameter;
}

type Kind = keyof Covariance;

/** The class behind {@link multivariateNormal}. */
export class MultivariateNormal extends Distribution {
  override readonly name: string = 'multivariateNormal';
  override readonly hasRsample: boolean = true;
  readonly loc: Parameter;
  /** Which of the three `matrix` is. */
  readonly kind: Kind;
  readonly matrix: Parameter;

  constructor(loc: Parameter, covariance: Covariance) {
    const [kind, matrix] = given(covariance);
    const { batchShape, eventShape } = shapes(kind, shapeOf(loc), shapeOf(matrix));
    super(batchShape, eventShape);
    this.require('loc', loc, realVector);
    this.require(kind, matrix, kind === 'scaleTril' ? lowerCholesky : positiveDefinite);
    this.loc = loc;
    this.kind = kind;
    this.matrix = matrix;
  }

  override get support(): Constraint {
    return realVector;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const z = normalTensor(stream, [...shape, ...this.eventShape]);
    const factor = this.factor();
    const isPrecision = this.kind === 'precisionMatrix';
    const step = isPrecision ? solveVectors(factor, z, true) : timesVectors(factor, z, false);
    return tf.add(step, asTensor(this.loc));
  }

  protected override logDensity(value: Tensor): Tensor {
    const [size = 0] = this.eventShape;
    const difference = tf.sub(value, asTensor(this.loc));
    const factor = this.factor();
    const isPrecision = this.kind === 'precisionMatrix';
    const white = isPrecision ? timesVectors(factor, difference, true) : solveVectors(factor, difference, false);
    const distance = tf.sum(tf.square(white), -1);
    return tf.sub(tf.mul(distance, -0.5), fold.add(this.logDetOfRoot(factor), size * HALF_LOG_TWO_PI));
  }

  protected override computeMean(): Tensor {
    return asTensor(this.loc);
  }

  protected override computeVariance(): Tensor {
    return tf.sum(tf.square(this.root()), -1);
  }

  protected override computeEntropy(): Tensor {
    const [size = 0] = this.eventShape;
    return fold.add(this.logAbsDetScale(), size * (0.5 + HALF_LOG_TWO_PI));
  }

  /** Some S with S Sᵀ = Σ, to be used inside `tf.tidy`: L, or of a precision matrix C Cᵀ the inverse of Cᵀ. */
  root(): Tensor {
    if (this.kind !== 'precisionMatrix') return this.factor();
    const [size = 0] = this.eventShape;
    return triangularSolve(this.factor(), tf.eye(size), { transpose: true });
  }

  /** S⁻¹ b for columns b `[..., n, m]`, to be used inside `tf.tidy`. */
  whiten(columns: Tensor): Tensor {
    if (this.kind !== 'precisionMatrix') return triangularSolve(this.factor(), columns);
    return tf.matMul(this.factor(), columns, true, false);
  }

  /** ½ log det Σ, to be used inside `tf.tidy`. */
  logAbsDetScale(): Tensor {
    return this.logDetOfRoot(this.factor());
  }

  private logDetOfRoot(factor: Tensor): Tensor {
    const logDet = logAbsDetTriangular(factor);
    return this.kind === 'precisionMatrix' ? tf.neg(logDet) : logDet;
  }

  /** The Cholesky factor of whichever matrix was given. */
  private factor(): Tensor {
    const matrix = asTensor(this.matrix);
    return this.kind === 'scaleTril' ? matrix : cholesky(matrix);
  }
}

/** A x (or Aᵀ x) for vectors x `[..., n]`; by one matrix product where there is but one matrix. */
function timesVectors(matrix: Tensor, vectors: Tensor, isTransposed: boolean): Tensor {
  if (matrix.rank > 2) return tf.squeeze(tf.matMul(matrix, tf.expandDims(vectors, -1), isTransposed, false), [-1]);
  const rows = tf.reshape(vectors, [-1, vectors.shape.at(-1) ?? 0]);
  return tf.reshape(tf.matMul(rows, matrix, false, !isTransposed), vectors.shape);
}

/** L⁻¹ x (or L⁻ᵀ x) for vectors x `[..., n]`. */
function solveVectors(lower: Tensor, vectors: Tensor, isTransposed: boolean): Tensor {
  return tf.squeeze(triangularSolve(lower, tf.expandDims(vectors, -1), { transpose: isTransposed }), [-1]);
}

function given(covariance: Covariance): [Kind, Parameter] {
  const kinds: readonly Kind[] = ['covarianceMatrix', 'scaleTril', 'precisionMatrix'];
  checkOptions('multivariateNormal', covariance, kinds);
  const [first, ...others] = kinds.flatMap((kind): [Kind, Parameter][] => {
    const matrix = covariance[kind];
    return matrix === undefined ? [] : [[kind, matrix]];
  });
  if (first === undefined || others.length > 0) {
    throw new TypeError(`multivariateNormal: give exactly one of { ${kinds.join(' }, { ')} }`);
  }
  return first;
}

function shapes(kind: Kind, loc: Shape, matrix: Shape): { batchShape: Shape; eventShape: Shape } {
  const size = loc.at(-1);
  if (size === undefined || matrix.at(-1) !== size || matrix.at(-2) !== size) {
    throw new Error(
      `multivariateNormal: loc must have shape [..., n] and ${kind} [..., n, n], got ${format(loc)} and ${format(matrix)}`,
    );
  }
  return { batchShape: broadcastShapes(loc.slice(0, -1), matrix.slice(0, -2)), eventShape: [size] };
}

/**
 * The multivariate normal distribution.
 *
 * @param loc - means, `[..., n]`.
 * @param covariance - exactly one of `covarianceMatrix`, `scaleTril` and `precisionMatrix`, `[..., n, n]`; the batch
 * dimensions broadcast with those of `loc`.
 */
export function multivariateNormal(loc: Parameter, covariance: Covariance): MultivariateNormal {
  return new MultivariateNormal(loc, covariance);
}
