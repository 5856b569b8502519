/** @file The Poisson distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { nonNegativeInteger } from '../constraints/integers.ts';
import { nonNegative } from '../constraints/interval.ts';
import { lgamma } from '../ops/gamma.ts';
import { igammac } from '../ops/incomplete.ts';
import { xlogy } from '../ops/logs.ts';
import type { RandomStream } from '../random/stream.ts';
import { poissonTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** The class behind {@link poisson}. */
export class Poisson extends Distribution {
  override readonly name: string = 'poisson';
  override readonly hasRsample: boolean = false;
  readonly rate: Parameter;

  constructor(rate: Parameter) {
    super(shapeOf(rate));
    this.require('rate', rate, nonNegative);
    this.rate = rate;
  }

  override get support(): Constraint {
    return nonNegativeInteger;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return poissonTensor(stream, tf.broadcastTo(asTensor(this.rate), [...shape]));
  }

  protected override logDensity(value: Tensor): Tensor {
    const rate = operand(this.rate);
    return tf.sub(fold.sub(xlogy(value, rate), rate), lgamma(tf.add(value, 1)));
  }

  protected override computeMean(): Operand {
    return operand(this.rate);
  }

  protected override computeVariance(): Operand {
    return operand(this.rate);
  }

  protected override computeCdf(x: Tensor): Tensor {
    const count = tf.floor(tf.relu(x));
    return tf.where(tf.less(x, 0), 0, igammac(tf.add(count, 1), operand(this.rate)));
  }
}

/**
 * The Poisson distribution of counts, as float32.
 *
 * @param rate - mean, ≥ 0; its shape is the batch shape.
 */
export function poisson(rate: Parameter): Poisson {
  return new Poisson(rate);
}
