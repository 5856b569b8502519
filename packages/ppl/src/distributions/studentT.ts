/** @file Student's t distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { positive } from '../constraints/interval.ts';
import { exact } from '../ops/exact.ts';
import { betainc } from '../ops/incomplete.ts';
import { randomLogGamma } from '../ops/randomGamma.ts';
import type { RandomStream } from '../random/stream.ts';
import { normalTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { shapeOf } from '../util/shape.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { LocationScale } from './locationScale.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** The class behind {@link studentT}. */
export class StudentT extends LocationScale {
  /** Degrees of freedom. */
  readonly df: Parameter;

  override get name(): string {
    return 'studentT';
  }

  constructor(df: Parameter, loc: Parameter, scale: Parameter) {
    super(loc, scale, shapeOf(df));
    this.require('df', df, positive);
    this.df = df;
  }

  /** A normal variable over the root of an independent mean of squares: of Gamma(df/2, 1) times 2/df. */
  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const half = tf.broadcastTo(asTensor(this.halfDf()), [...shape]);
    const logRoot = tf.mul(tf.sub(tf.log(half), randomLogGamma(stream, half)), 0.5);
    return this.fromStandard(tf.mul(normalTensor(stream, shape), tf.exp(logRoot)));
  }

  /** -(df + 1)/2 log(1 + z²/df) - log B(df/2, 1/2) - ½ log df - log scale. */
  protected override logDensity(value: Tensor): Tensor {
    const df = operand(this.df);
    const tail = tf.log1p(fold.div(tf.square(this.standardise(value)), df));
    return fold.sub(fold.mul(tail, fold.mul(fold.add(df, 1), -0.5)), this.logNormaliser());
  }

  /** NaN without more than one degree of freedom. */
  protected override computeMean(): Operand {
    return tf.where(tf.greater(asTensor(this.df), 1), exact(operand(this.loc)), Number.NaN);
  }

  /** scale² df / (df - 2) for df > 2; Infinity above 1, NaN below. */
  protected override computeVariance(): Operand {
    const df = asTensor(this.df);
    const excess = tf.sub(df, 2);
    const isFinite = tf.greater(excess, 0);
    const ratio = tf.div(df, tf.where(isFinite, excess, 1));
    const otherwise = tf.where(tf.greater(df, 1), Infinity, Number.NaN);
    return tf.where(isFinite, fold.mul(ratio, fold.square(operand(this.scale))), otherwise);
  }

  /** (df + 1)/2 (ψ((df + 1)/2) - ψ(df/2)) + log B(df/2, 1/2) + ½ log df + log scale. */
  protected override computeEntropy(): Operand {
    const shape = fold.mul(fold.add(operand(this.df), 1), -0.5);
    return fold.add(fold.mul(shape, fold.digammaDifference(this.halfDf(), 0.5)), this.logNormaliser());
  }

  /** Through the incomplete beta function, in the form that is small where the wanted tail is. */
  protected override computeCdf(x: Tensor): Tensor {
    const z = this.standardise(x);
    const df = operand(this.df);
    const square = tf.square(z);
    const half = this.halfDf();
    const outer = tf.mul(betainc(half, 0.5, fold.div(df, fold.add(square, df))), 0.5);
    const inner = tf.mul(betainc(0.5, half, tf.div(square, fold.add(square, df))), 0.5);
    const isFar = tf.greater(square, df);
    const below = tf.where(isFar, outer, tf.sub(0.5, inner));
    const above = tf.where(isFar, tf.sub(1, outer), tf.add(inner, 0.5));
    return tf.where(tf.less(z, 0), below, above);
  }

  private halfDf(): Operand {
    return fold.mul(operand(this.df), 0.5);
  }

  private logNormaliser(): Operand {
    const scales = fold.add(fold.mul(fold.log(operand(this.df)), 0.5), fold.log(operand(this.scale)));
    return fold.add(fold.lbeta(this.halfDf(), 0.5), scales);
  }
}

/**
 * Student's t distribution.
 *
 * @param df - degrees of freedom, > 0.
 * @param loc - median, and mean where there is one.
 * @param scale - > 0; all three broadcast to the batch shape.
 */
export function studentT(df: Parameter, loc: Parameter, scale: Parameter): StudentT {
  return new StudentT(df, loc, scale);
}
