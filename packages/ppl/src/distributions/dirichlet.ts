/** @file The Dirichlet distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { positive } from '../constraints/interval.ts';
import { simplex } from '../constraints/vectors.ts';
import { digammaDifference, lgamma } from '../ops/gamma.ts';
import { xlogy } from '../ops/logs.ts';
import { randomLogGamma } from '../ops/randomGamma.ts';
import type { RandomStream } from '../random/stream.ts';
import { TINY } from '../transforms/edges.ts';
import type { Shape } from '../util/shape.ts';
import { classShape } from './classes.ts';
import { Distribution } from './distribution.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** The class behind {@link dirichlet}. */
export class Dirichlet extends Distribution {
  override readonly name: string = 'dirichlet';
  override readonly hasRsample: boolean = true;
  readonly concentration: Parameter;

  constructor(concentration: Parameter) {
    const { batchShape, numClasses } = classShape('dirichlet', concentration);
    super(batchShape, [numClasses]);
    this.require('concentration', concentration, positive);
    this.concentration = concentration;
  }

  override get support(): Constraint {
    return simplex;
  }

  /** Gamma variables over their sum: a softmax of their logarithms, which do not underflow. */
  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const concentration = tf.broadcastTo(asTensor(this.concentration), [...shape, ...this.eventShape]);
    return tf.maximum(tf.softmax(randomLogGamma(stream, concentration)), TINY);
  }

  protected override logDensity(value: Tensor): Tensor {
    const concentration = asTensor(this.concentration);
    const kernel = tf.sum(xlogy(tf.sub(concentration, 1), value), -1);
    return tf.sub(kernel, logMultivariateBeta(concentration));
  }

  protected override computeMean(): Tensor {
    const concentration = asTensor(this.concentration);
    return tf.div(concentration, tf.sum(concentration, -1, true));
  }

  /** m (1 - m) / (total + 1), with m the mean. */
  protected override computeVariance(): Tensor {
    const mean = this.computeMean();
    const total = tf.sum(asTensor(this.concentration), -1, true);
    return tf.div(tf.mul(mean, tf.sub(1, mean)), tf.add(total, 1));
  }

  /** log B - Σ (c_k - 1) (ψ(c_k) - ψ(total)). */
  protected override computeEntropy(): Tensor {
    const concentration = asTensor(this.concentration);
    const differences = meanLogs(concentration);
    return tf.sub(logMultivariateBeta(concentration), tf.sum(tf.mul(tf.sub(concentration, 1), differences), -1));
  }
}

/** log B(c) = Σ log Γ(c_k) - log Γ(Σ c_k). */
export function logMultivariateBeta(concentration: Tensor): Tensor {
  return tf.sub(tf.sum(lgamma(concentration), -1), lgamma(tf.sum(concentration, -1)));
}

/** E[log x_k] = ψ(c_k) - ψ(total). */
export function meanLogs(concentration: Tensor): Tensor {
  return digammaDifference(concentration, tf.sub(tf.sum(concentration, -1, true), concentration));
}

/**
 * The Dirichlet distribution on simplexes.
 *
 * @param concentration - weights > 0; the last dimension is the event's, those before it are the batch shape.
 */
export function dirichlet(concentration: Parameter): Dirichlet {
  return new Dirichlet(concentration);
}
