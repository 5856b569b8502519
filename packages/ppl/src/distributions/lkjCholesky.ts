/** @file The LKJ distribution of Cholesky factors of correlation matrices. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { positive } from '../constraints/interval.ts';
import { corrCholesky } from '../constraints/matrices.ts';
import { diagEmbed, diagPart, tril } from '../ops/triangle.ts';
import type { RandomStream } from '../random/stream.ts';
import { normalTensor } from '../random/tensors.ts';
import { TINY } from '../transforms/edges.ts';
import type { Shape } from '../util/shape.ts';
import { shapeOf } from '../util/shape.ts';
import { logOddsOfBeta } from './beta.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/**
 * A density on lower triangular L proportional to det(L Lᵀ)^(concentration - 1) in terms of the correlation matrix L Lᵀ.
 *
 * Source: Lewandowski, Kurowicka, Joe (2009), "Generating random correlation matrices based on vines and extended onion
 * method"; Stan Functions Reference, "Cholesky LKJ correlation distribution".
 */
export class LkjCholesky extends Distribution {
  override readonly name: string = 'lkjCholesky';
  override readonly hasRsample: boolean = true;
  /** Number of rows. */
  readonly dim: number;
  readonly concentration: Parameter;

  constructor(dim: number, concentration: Parameter) {
    if (!Number.isInteger(dim) || dim < 2) throw new RangeError(`lkjCholesky: dim must be a whole number ≥ 2, got ${dim}`);
    super(shapeOf(concentration), [dim, dim]);
    this.require('concentration', concentration, positive);
    this.dim = dim;
    this.concentration = concentration;
  }

  override get support(): Constraint {
    return corrCholesky;
  }

  /**
   * Row by row: below the diagonal of row i (from 0) a vector of random direction whose squared length is
   * Beta(i/2, concentration + (dim - 1 - i)/2), on the diagonal what is left of the row's unit length.
   */
  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const { dim } = this;
    const rows = [...shape, dim - 1];
    const concentration = tf.expandDims(asTensor(this.concentration), -1);
    const logOdds = logOddsOfBeta(
      tf.tensor1d(Float32Array.from({ length: dim - 1 }, (_, i) => (i + 1) / 2)),
      tf.add(concentration, tf.tensor1d(Float32Array.from({ length: dim - 1 }, (_, i) => (dim - 2 - i) / 2))),
      rows,
      stream,
    );
    const lengths = tf.sqrt(tf.sigmoid(logOdds));
    const left = tf.maximum(tf.sqrt(tf.sigmoid(tf.neg(logOdds))), TINY);
    const directions = tril(normalTensor(stream, [...rows, dim]));
    const norms = tf.sqrt(tf.sum(tf.square(directions), -1));
    const below = tf.mul(directions, tf.expandDims(tf.div(lengths, norms), -1));
    const lower = tf.concat([tf.zeros([...shape, 1, dim]), below], -2);
    return tf.add(lower, diagEmbed(tf.concat([tf.ones([...shape, 1]), left], -1)));
  }

  /** Σ_{i = 1}^{dim - 1} (dim - 1 - i + 2 (concentration - 1)) log L_ii, normalised. */
  protected override logDensity(value: Tensor): Tensor {
    const { dim } = this;
    const logs = tf.log(diagPart(value));
    const fixed = tf.tensor1d(Float32Array.from({ length: dim }, (_, i) => (i === 0 ? 0 : dim - 1 - i)));
    const free = fold.mul(fold.sub(operand(this.concentration), 1), 2);
    // The first element is one, so that its logarithm adds nothing.
    const kernel = tf.add(tf.sum(tf.mul(logs, fixed), -1), fold.mul(tf.sum(logs, -1), free));
    return fold.sub(kernel, this.logNormaliser());
  }

  /** Σ over rows i of the volume of the unit ball in i dimensions, weighted: log π^(i/2) Γ(b_i) / Γ(b_i + i/2). */
  private logNormaliser(): Operand {
    const { dim } = this;
    let total: Operand = 0;
    for (let i = 1; i < dim; i++) {
      const b = fold.add(operand(this.concentration), (dim - 1 - i) / 2);
      total = fold.add(total, fold.sub(fold.lgamma(b), fold.lgamma(fold.add(b, i / 2))));
    }
    return fold.add(total, (Math.log(Math.PI) * dim * (dim - 1)) / 4);
  }
}

/**
 * Cholesky factors of correlation matrices, uniform over the matrices at concentration 1 and nearer to the identity above.
 *
 * @param dim - number of rows and columns, ≥ 2: the event shape is `[dim, dim]`.
 * @param concentration - > 0; its shape is the batch shape.
 */
export function lkjCholesky(dim: number, concentration: Parameter): LkjCholesky {
  return new LkjCholesky(dim, concentration);
}
