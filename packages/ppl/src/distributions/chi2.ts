/** @file The chi-squared distribution. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { nonNegative, positive } from '../constraints/interval.ts';
import type { RandomStream } from '../random/stream.ts';
import type { Shape } from '../util/shape.ts';
import { shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { Gamma } from './gamma.ts';
import type { Parameter } from './parameter.ts';

/** The class behind {@link chi2}. */
export class Chi2 extends Distribution {
  override readonly name: string = 'chi2';
  override readonly hasRsample: boolean = true;
  readonly df: Parameter;

  constructor(df: Parameter) {
    super(shapeOf(df));
    this.require('df', df, positive);
    this.df = df;
  }

  override get support(): Constraint {
    return nonNegative;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return Distribution.drawOf(this.gamma(), shape, stream);
  }

  protected override logDensity(value: Tensor): Tensor {
    return Distribution.logDensityOf(this.gamma(), value);
  }

  protected override computeMean(): Operand {
    return operand(this.df);
  }

  protected override computeVariance(): Operand {
    return fold.mul(operand(this.df), 2);
  }

  protected override computeEntropy(): Operand {
    return this.gamma().entropy();
  }

  protected override computeCdf(x: Tensor): Tensor {
    return this.gamma().cdf(x);
  }

  /** The same distribution as one of gamma; inside `tf.tidy`, as it may make a tensor. */
  private gamma(): Gamma {
    return new Gamma(fold.mul(operand(this.df), 0.5), 0.5);
  }
}

/**
 * The sum of `df` squared standard normal variables: gamma with concentration df/2 and rate 1/2.
 *
 * @param df - degrees of freedom, > 0; its shape is the batch shape.
 */
export function chi2(df: Parameter): Chi2 {
  return new Chi2(df);
}
