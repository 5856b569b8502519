/** @file Mixtures whose components are of one family. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { AnyComponent, isFixed } from '../constraints/anyComponent.ts';
import { logSumExp } from '../ops/logSumExp.ts';
import type { RandomStream } from '../random/stream.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, format } from '../util/shape.ts';
import { Categorical } from './categorical.ts';
import { classLogProbabilities, classProbabilities } from './classes.ts';
import { Distribution } from './distribution.ts';

/** The class behind {@link mixtureSameFamily}. */
export class MixtureSameFamily extends Distribution {
  override readonly name: string = 'mixtureSameFamily';
  override readonly hasRsample: boolean = false;
  readonly mixing: Categorical;
  /** The components lie along its last batch dimension. */
  readonly components: Distribution;

  constructor(mixing: Categorical, components: Distribution) {
    if (!(mixing instanceof Categorical)) {
      throw new TypeError('mixtureSameFamily: the first argument must be a dist.categorical');
    }
    const count = components.batchShape.at(-1);
    if (count !== mixing.numClasses) {
      throw new Error(
        `mixtureSameFamily: the categorical has ${mixing.numClasses} classes, so the components' batch shape must end ` +
          `in ${mixing.numClasses}, got ${format(components.batchShape)}`,
      );
    }
    super(broadcastShapes(mixing.batchShape, components.batchShape.slice(0, -1)), components.eventShape);
    this.mixing = mixing;
    this.components = components;
  }

  override get support(): Constraint {
    const { support } = this.components;
    return isFixed(support) ? support : new AnyComponent(support);
  }

  override get dtype(): 'float32' | 'int32' {
    return this.components.dtype;
  }

  override throwIfInvalid(): void {
    super.throwIfInvalid();
    this.mixing.throwIfInvalid();
    this.components.throwIfInvalid();
  }

  /** A draw of every component, of which the categorical variable picks one. */
  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const count = this.mixing.numClasses;
    const axis = shape.length;
    const picks = tf.oneHot(tf.cast(Distribution.drawOf(this.mixing, shape, stream), 'int32'), count);
    const isPicked = tf.cast(tf.reshape(picks, [...shape, count, ...this.eventShape.map(() => 1)]), 'bool');
    const draws = Distribution.drawOf(this.components, [...shape, count], stream);
    const picked = tf.where(isPicked, draws, tf.zerosLike(draws));
    return tf.cast(tf.sum(picked, axis), this.dtype);
  }

  /** log Σ w_k p_k(x). */
  protected override logDensity(value: Tensor): Tensor {
    const spread = tf.expandDims(value, value.rank - this.eventShape.length);
    // A value may lie outside of the support of some components.
    const parts = Distribution.boundedLogDensityOf(this.components, spread);
    const weights = classLogProbabilities(this.mixing.isLogits, this.mixing.parameter);
    return logSumExp(tf.add(parts, weights), -1);
  }

  protected override computeMean(): Tensor {
    return this.average(this.components.mean);
  }

  /** Within components, plus between them. */
  protected override computeVariance(): Tensor {
    const means = this.components.mean;
    const mean = this.average(means);
    const between = tf.square(tf.sub(means, tf.expandDims(mean, mean.rank - this.eventShape.length)));
    return this.average(tf.add(this.components.variance, between));
  }

  protected override computeCdf(x: Tensor): Tensor {
    return this.average(this.components.cdf(tf.expandDims(x, -1)));
  }

  /** Σ w_k x_k, where the components' dimension is the last before those of the event. */
  private average(parts: Tensor): Tensor {
    const probs = classProbabilities(this.mixing.isLogits, this.mixing.parameter);
    const weights = tf.reshape(probs, [...probs.shape, ...this.eventShape.map(() => 1)]);
    return tf.sum(tf.mul(parts, weights), -1 - this.eventShape.length);
  }
}

/**
 * A mixture: the categorical variable picks one of the components that lie along the last batch dimension.
 *
 * @param mixing - weights, of batch shape `[...]` with K classes.
 * @param components - of batch shape `[..., K]`; the batch shape of the mixture is what is left when K is taken off.
 * @throws Error when the number of components differs from the number of classes.
 */
export function mixtureSameFamily(mixing: Categorical, components: Distribution): MixtureSameFamily {
  return new MixtureSameFamily(mixing, components);
}
