/** @file Random walks with normal steps. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { positive } from '../constraints/interval.ts';
import { realVector } from '../constraints/real.ts';
import type { RandomStream } from '../random/stream.ts';
import { normalTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import { HALF_LOG_TWO_PI } from './normal.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** The class behind {@link gaussianRandomWalk}. */
export class GaussianRandomWalk extends Distribution {
  override readonly name: string = 'gaussianRandomWalk';
  override readonly hasRsample: boolean = true;
  readonly scale: Parameter;
  readonly numSteps: number;

  constructor(scale: Parameter, numSteps: number) {
    if (!Number.isInteger(numSteps) || numSteps < 1) {
      throw new RangeError(`gaussianRandomWalk: numSteps must be a whole number ≥ 1, got ${numSteps}`);
    }
    super(shapeOf(scale), [numSteps]);
    this.require('scale', scale, positive);
    this.scale = scale;
    this.numSteps = numSteps;
  }

  override get support(): Constraint {
    return realVector;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const steps = tf.mul(normalTensor(stream, [...shape, this.numSteps]), this.perStep());
    return tf.cumsum(steps, shape.length);
  }

  protected override logDensity(value: Tensor): Tensor {
    const start = value.shape.map(() => 0);
    const before = tf.slice(value, start, [...value.shape.slice(0, -1), this.numSteps - 1]);
    const steps = tf.sub(value, tf.concat([tf.zeros([...value.shape.slice(0, -1), 1]), before], -1));
    const distance = tf.sum(tf.square(tf.div(steps, this.perStep())), -1);
    const constant = tf.mul(fold.add(tf.log(asTensor(this.scale)), HALF_LOG_TWO_PI), this.numSteps);
    return tf.sub(tf.mul(distance, -0.5), constant);
  }

  protected override computeMean(): number {
    return 0;
  }

  /** After t steps, t times that of one. */
  protected override computeVariance(): Tensor {
    return tf.mul(tf.square(this.perStep()), tf.range(1, this.numSteps + 1));
  }

  protected override computeEntropy(): Tensor {
    return tf.mul(fold.add(tf.log(asTensor(this.scale)), HALF_LOG_TWO_PI + 0.5), this.numSteps);
  }

  /** The scale, with a dimension for the steps. */
  private perStep(): Tensor {
    return tf.expandDims(asTensor(this.scale), -1);
  }
}

/**
 * A walk whose first position is one normal step away from zero.
 *
 * @param scale - standard deviation of each step, > 0; its shape is the batch shape.
 * @param numSteps - number of positions: the event shape is `[numSteps]`.
 */
export function gaussianRandomWalk(scale: Parameter, numSteps: number): GaussianRandomWalk {
  return new GaussianRandomWalk(scale, numSteps);
}
