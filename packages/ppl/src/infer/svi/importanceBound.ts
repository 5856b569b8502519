/** @file What bounds share that are logarithms of means of importance weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { logSumExp } from '../../ops/logSumExp.ts';
import type { ElboOptions } from './elbo.ts';
import { Elbo } from './elbo.ts';
import { detach, withGradientOf } from './gradients.ts';
import { LogWeights } from './logWeights.ts';
import type { Particles } from './particles.ts';
import { drawLogProb, needsScore } from './scoreFunction.ts';

export interface ImportanceBoundOptions extends ElboOptions {
  /** Number of draws under the logarithm; 2 by default. */
  readonly numParticles?: number;
}

/** log (1/K Σ w^(1-α)) / (1 - α), with weights w = p(x, z) / q(z) of K draws. */
export abstract class ImportanceBound extends Elbo {
  readonly alpha: number;

  /**
   * @param alpha - anything but 1.
   * @param further - names of options besides those of all bounds.
   */
  protected constructor(where: string, alpha: number, options: ImportanceBoundOptions, further: readonly string[] = []) {
    super(where, options, { options: further, numParticles: 2 });
    this.alpha = alpha;
  }

  protected override estimate(particles: Particles): Scalar {
    const weights = new LogWeights(particles);
    const powers = tf.mul(weights.values, 1 - this.alpha);
    const bounds = this.bound(powers, 0, particles.count);
    const loss = tf.neg(weights.total(bounds));
    const scores = weights.sumOver(({ guide }) => guide.sampleSites().filter(needsScore), drawLogProb);
    if (scores === null) return loss;
    const rewards = detach(particles.count === 1 ? bounds : tf.sub(bounds, this.withoutEach(powers, particles.count)));
    return withGradientOf(loss, tf.sub(loss, weights.total(tf.mul(rewards, scores))));
  }

  protected override value(particles: Particles): Scalar {
    const weights = new LogWeights(particles);
    const powers = tf.mul(weights.values, 1 - this.alpha);
    return tf.neg(weights.total(this.bound(powers, 0, particles.count)));
  }

  /** @param powers - (1 - α) log w, with the `count` draws along `axis`. */
  private bound(powers: Tensor, axis: number, count: number): Tensor {
    return tf.div(tf.sub(logSumExp(powers, axis), Math.log(count)), 1 - this.alpha);
  }

  /** For each draw the bound that the others give: a baseline that does not depend on it. @returns the shape of `powers`. */
  private withoutEach(powers: Tensor, count: number): Tensor {
    const [, ...rest] = powers.shape;
    const isOwn = tf.reshape(tf.cast(tf.eye(count), 'bool'), [count, count, ...rest.map(() => 1)]);
    const table = [count, count, ...rest];
    const others = tf.where(tf.broadcastTo(isOwn, table), tf.fill(table, -Infinity), tf.broadcastTo(tf.expandDims(powers), table));
    return this.bound(others, 1, count - 1);
  }
}
