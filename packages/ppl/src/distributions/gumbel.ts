/** @file The Gumbel distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../random/stream.ts';
import { exponentialTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { LocationScale } from './locationScale.ts';
import type { Parameter } from './parameter.ts';

/** Euler's constant: minus the derivative of Γ at 1. */
export const EULER_GAMMA = 0.5772156649015329;

/** The class behind {@link gumbel}. */
export class Gumbel extends LocationScale {
  override get name(): string {
    return 'gumbel';
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return this.fromStandard(tf.neg(tf.log(exponentialTensor(stream, shape))));
  }

  protected override logDensity(value: Tensor): Tensor {
    const z = this.standardise(value);
    return tf.neg(fold.add(tf.add(z, tf.exp(tf.neg(z))), fold.log(operand(this.scale))));
  }

  protected override computeMean(): Operand {
    return fold.add(operand(this.loc), fold.mul(operand(this.scale), EULER_GAMMA));
  }

  protected override computeVariance(): Operand {
    return fold.mul(fold.square(operand(this.scale)), Math.PI ** 2 / 6);
  }

  protected override computeEntropy(): Operand {
    return fold.add(fold.log(operand(this.scale)), 1 + EULER_GAMMA);
  }

  protected override computeCdf(x: Tensor): Tensor {
    return tf.exp(tf.neg(tf.exp(tf.neg(this.standardise(x)))));
  }

  protected override computeIcdf(p: Tensor): Tensor {
    return this.fromStandard(tf.neg(tf.log(tf.neg(tf.log(p)))));
  }
}

/**
 * The Gumbel distribution of largest values.
 *
 * @param loc - mode; any shape.
 * @param scale - > 0; broadcasts with `loc` to the batch shape.
 */
export function gumbel(loc: Parameter, scale: Parameter): Gumbel {
  return new Gumbel(loc, scale);
}
