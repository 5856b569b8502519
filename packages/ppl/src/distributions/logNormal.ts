/** @file The log-normal distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { positive } from '../constraints/interval.ts';
import { ndtr, ndtri } from '../ops/normal.ts';
import type { RandomStream } from '../random/stream.ts';
import { normalTensor } from '../random/tensors.ts';
import { MAX, TINY } from '../transforms/edges.ts';
import type { Shape } from '../util/shape.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { LocationScale } from './locationScale.ts';
import { HALF_LOG_TWO_PI } from './normal.ts';
import type { Parameter } from './parameter.ts';

/** `loc` and `scale` are those of the logarithm. */
export class LogNormal extends LocationScale {
  override get name(): string {
    return 'logNormal';
  }

  override get support(): Constraint {
    return positive;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return tf.clipByValue(tf.exp(this.fromStandard(normalTensor(stream, shape))), TINY, MAX);
  }

  protected override logDensity(value: Tensor): Tensor {
    const log = tf.log(value);
    const constant = fold.add(fold.log(operand(this.scale)), HALF_LOG_TWO_PI);
    return fold.sub(tf.mul(tf.square(this.standardise(log)), -0.5), fold.add(log, constant));
  }

  protected override computeMean(): Operand {
    return fold.exp(fold.add(operand(this.loc), fold.mul(fold.square(operand(this.scale)), 0.5)));
  }

  protected override computeVariance(): Operand {
    const variance = fold.square(operand(this.scale));
    return fold.mul(fold.expm1(variance), fold.exp(fold.add(fold.mul(operand(this.loc), 2), variance)));
  }

  protected override computeEntropy(): Operand {
    return fold.add(fold.add(operand(this.loc), fold.log(operand(this.scale))), 0.5 + HALF_LOG_TWO_PI);
  }

  protected override computeCdf(x: Tensor): Tensor {
    return ndtr(this.standardise(tf.log(tf.relu(x))));
  }

  protected override computeIcdf(p: Tensor): Tensor {
    return tf.exp(this.fromStandard(ndtri(p)));
  }
}

/**
 * The exponential of a normal variable.
 *
 * @param loc - mean of the logarithm; any shape.
 * @param scale - standard deviation of the logarithm, > 0; broadcasts with `loc` to the batch shape.
 */
export function logNormal(loc: Parameter, scale: Parameter): LogNormal {
  return new LogNormal(loc, scale);
}
