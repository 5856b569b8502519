/** @file The multivariate normal distribution with covariance of low rank plus a diagonal. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { positive } from '../constraints/interval.ts';
import { independent } from '../constraints/independent.ts';
import { real, realVector } from '../constraints/real.ts';
import { cholesky, logAbsDetTriangular } from '../ops/cholesky.ts';
import { triangularSolve } from '../ops/triangularSolve.ts';
import type { RandomStream } from '../random/stream.ts';
import { normalTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, format, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import { HALF_LOG_TWO_PI } from './normal.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** Σ = W Wᵀ + D. Everything is done in the r dimensions of W, by Woodbury's identity and the determinant lemma. */
export class LowRankMultivariateNormal extends Distribution {
  override readonly name: string = 'lowRankMultivariateNormal';
  override readonly hasRsample: boolean = true;
  readonly loc: Parameter;
  /** W, `[..., n, r]`. */
  readonly covFactor: Parameter;
  /** The diagonal of D, `[..., n]`. */
  readonly covDiag: Parameter;

  constructor(loc: Parameter, covFactor: Parameter, covDiag: Parameter) {
    const [l, w, d] = [shapeOf(loc), shapeOf(covFactor), shapeOf(covDiag)];
    const size = l.at(-1);
    if (size === undefined || w.at(-2) !== size || d.at(-1) !== size) {
      throw new Error(
        'lowRankMultivariateNormal: loc must have shape [..., n], covFactor [..., n, rank] and covDiag [..., n], got ' +
          `${format(l)}, ${format(w)} and ${format(d)}`,
      );
    }
    super(broadcastShapes(l.slice(0, -1), w.slice(0, -2), d.slice(0, -1)), [size]);
    this.require('loc', loc, realVector);
    this.require('covFactor', covFactor, independent(real, 2));
    this.require('covDiag', covDiag, positive);
    this.loc = loc;
    this.covFactor = covFactor;
    this.covDiag = covDiag;
  }

  override get support(): Constraint {
    return realVector;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const factor = asTensor(this.covFactor);
    const common = normalTensor(stream, [...shape, factor.shape.at(-1) ?? 0]);
    const own = normalTensor(stream, [...shape, ...this.eventShape]);
    // Written as a sum of products, which broadcasts over all batch dimensions.
    const shared = tf.sum(tf.mul(factor, tf.expandDims(common, -2)), -1);
    return tf.add(tf.add(shared, tf.mul(own, tf.sqrt(asTensor(this.covDiag)))), asTensor(this.loc));
  }

  protected override logDensity(value: Tensor): Tensor {
    const [size = 0] = this.eventShape;
    const difference = tf.sub(value, asTensor(this.loc));
    const scaled = tf.div(difference, asTensor(this.covDiag));
    // (x - μ)ᵀ D⁻¹ (x - μ) less the square of L⁻¹ Wᵀ D⁻¹ (x - μ).
    const projected = tf.sum(tf.mul(asTensor(this.covFactor), tf.expandDims(scaled, -1)), -2);
    const explained = triangularSolve(this.capacitance(), tf.expandDims(projected, -1));
    const distance = tf.sub(tf.sum(tf.mul(difference, scaled), -1), tf.sum(tf.square(explained), [-2, -1]));
    return tf.sub(tf.mul(distance, -0.5), fold.add(this.logAbsDetScale(), size * HALF_LOG_TWO_PI));
  }

  protected override computeMean(): Tensor {
    return asTensor(this.loc);
  }

  protected override computeVariance(): Tensor {
    return tf.add(tf.sum(tf.square(asTensor(this.covFactor)), -1), asTensor(this.covDiag));
  }

  protected override computeEntropy(): Tensor {
    const [size = 0] = this.eventShape;
    return fold.add(this.logAbsDetScale(), size * (0.5 + HALF_LOG_TWO_PI));
  }

  /** The Cholesky factor L of I + Wᵀ D⁻¹ W. */
  private capacitance(): Tensor {
    const factor = asTensor(this.covFactor);
    const scaled = tf.div(factor, tf.expandDims(asTensor(this.covDiag), -1));
    const rank = factor.shape.at(-1) ?? 0;
    return cholesky(tf.add(tf.matMul(factor, scaled, true, false), tf.eye(rank)));
  }

  /** ½ log det Σ = log det L + ½ log det D. */
  private logAbsDetScale(): Tensor {
    const logs = tf.sum(tf.log(asTensor(this.covDiag)), -1);
    return tf.add(logAbsDetTriangular(this.capacitance()), tf.mul(logs, 0.5));
  }
}

/**
 * The multivariate normal distribution with covariance `covFactor covFactorᵀ + diag(covDiag)`.
 *
 * @param loc - means, `[..., n]`.
 * @param covFactor - `[..., n, rank]`.
 * @param covDiag - > 0, `[..., n]`; all batch dimensions broadcast.
 */
export function lowRankMultivariateNormal(
  loc: Parameter,
  covFactor: Parameter,
  covDiag: Parameter,
): LowRankMultivariateNormal {
  return new LowRankMultivariateNormal(loc, covFactor, covDiag);
}
