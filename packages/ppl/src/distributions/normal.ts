/** @file The normal distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ndtr, ndtri } from '../ops/normal.ts';
import type { RandomStream } from '../random/stream.ts';
import { normalTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { LocationScale } from './locationScale.ts';
import type { Parameter } from './parameter.ts';

/** log √(2π). */
export const HALF_LOG_TWO_PI: number = 0.5 * Math.log(2 * Math.PI);

/** The class behind {@link normal}. */
export class Normal extends LocationScale {
  override get name(): string {
    return 'normal';
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return this.fromStandard(normalTensor(stream, shape));
  }

  protected override logDensity(value: Tensor): Tensor {
    const constant = fold.add(fold.log(operand(this.scale)), HALF_LOG_TWO_PI);
    return fold.sub(tf.mul(tf.square(this.standardise(value)), -0.5), constant);
  }

  protected override computeMean(): Operand {
    return operand(this.loc);
  }

  protected override computeVariance(): Operand {
    return fold.square(operand(this.scale));
  }

  protected override computeEntropy(): Operand {
    return fold.add(fold.log(operand(this.scale)), 0.5 + HALF_LOG_TWO_PI);
  }

  protected override computeCdf(x: Tensor): Tensor {
    return ndtr(this.standardise(x));
  }

  protected override computeIcdf(p: Tensor): Tensor {
    return this.fromStandard(ndtri(p));
  }
}

/**
 * The normal distribution.
 *
 * @param loc - mean; any shape.
 * @param scale - standard deviation, > 0; broadcasts with `loc` to the batch shape.
 */
export function normal(loc: Parameter, scale: Parameter): Normal {
  return new Normal(loc, scale);
}
