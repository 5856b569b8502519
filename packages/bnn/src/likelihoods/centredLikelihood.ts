/** @file What likelihoods of real numbers around a mean have in common. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Likelihood } from './likelihood.ts';

/** What is predicted. (An alias rather than an interface, so that `tf.dispose` and `tf.tidy` take it.) */
export type CentredPredictions = {
  /** Of the targets' shape. */
  readonly mean: Tensor;
  /** Broadcasts to the shape of `mean`. */
  readonly scale: Tensor;
  /** Degrees of freedom, if targets are predicted to have a t distribution. */
  readonly df?: number;
};

/** Targets around a mean that the network gives, with noise of some scale; predictions aggregate by the law of total variance. */
export abstract class CentredLikelihood extends Likelihood<CentredPredictions> {
  /** 1 / the variance of noise of scale one: scale² is the variance times that. */
  protected abstract readonly inverseUnitVariance: number;

  /** Predictions of this likelihood with these moments. */
  protected predictionsOf(mean: Tensor, scale: Tensor): CentredPredictions {
    return { mean, scale };
  }

  override stack(predictions: readonly CentredPredictions[]): CentredPredictions {
    // Ones in front of a scale keep its dimensions in line with the mean's when another comes before them.
    const aligned = predictions.map(({ mean, scale }) =>
      tf.reshape(scale, [...mean.shape.slice(scale.rank).map(() => 1), ...scale.shape]),
    );
    return this.predictionsOf(tf.stack(predictions.map(({ mean }) => mean)), tf.stack(aligned));
  }

  /** The mixture's mean, and the scale that gives its variance: by the law of total variance, E[Var] + Var(mean). */
  override aggregatePredictions(predictions: CentredPredictions | Tensor, axis: number = 0): CentredPredictions {
    return tf.tidy(() => {
      const { mean, scale } = this.read(predictions);
      const moments = tf.moments(mean, axis);
      const within = tf.mean(tf.broadcastTo(tf.square(scale), mean.shape), axis);
      const joint = tf.sqrt(tf.add(within, tf.mul(moments.variance, this.inverseUnitVariance)));
      return this.predictionsOf(tf.clone(moments.mean), joint);
    });
  }

  protected override targetShape({ mean }: CentredPredictions): readonly number[] {
    return mean.shape;
  }

  protected override readTargets(targets: Tensor): Tensor {
    return tf.cast(targets, 'float32');
  }

  protected override elementwiseError({ mean }: CentredPredictions, targets: Tensor): Tensor {
    return tf.squaredDifference(mean, targets);
  }

  protected override read(predictions: CentredPredictions | Tensor): CentredPredictions {
    return predictions instanceof tf.Tensor ? this.predictionsFrom(predictions, {}) : predictions;
  }

  protected override shapeAdvice({ mean }: CentredPredictions, targets: readonly number[]): string {
    if (mean.shape.at(-1) === 1 && mean.shape.slice(0, -1).join() === targets.join()) {
      return 'Give the targets a last dimension of one: tf.expandDims(y, -1).';
    }
    const labels = mean.shape.slice(0, -1).join() === targets.join() ? ' If the targets are class labels, the likelihood is categorical().' : '';
    return `Give the net's last layer as many units as a target has numbers, or reshape the targets.${labels}`;
  }
}
