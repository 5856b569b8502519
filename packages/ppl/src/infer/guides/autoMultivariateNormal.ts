/** @file The normal guide with all correlations. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { positive } from '../../constraints/interval.ts';
import type { Distribution } from '../../distributions/distribution.ts';
import { multivariateNormal } from '../../distributions/multivariateNormal.ts';
import { lowerCholeskyAffine } from '../../transforms/lowerCholeskyAffine.ts';
import { fillTriangle, triangleSize } from '../../util/triangle.ts';
import type { AutoContinuousOptions } from './autoContinuous.ts';
import { AutoContinuous } from './autoContinuous.ts';
import type { FlatLayout } from './flatLayout.ts';
import { normalQuantiles } from './normalQuantiles.ts';
import { Pushforward } from './pushforward.ts';
import { normalOfRows, vectorOnto } from './siteDistributions.ts';

/**
 * One multivariate normal distribution over all latent sites, in unconstrained space.
 *
 * Its covariance is L Lᵀ with L = diag(scale) T, where T is lower triangular with ones on its diagonal. The parameters are
 * `PREFIX.loc` and `PREFIX.scale`, `[n]`, and `PREFIX.scaleTril`, the n (n - 1) / 2 elements of T below the diagonal, row by
 * row; zero at first.
 */
export class AutoMultivariateNormal<A extends unknown[] = unknown[]> extends AutoContinuous<A> {
  /** @throws TypeError for unknown options; RangeError when a scale is not positive. */
  constructor(model: (...args: A) => unknown, options: AutoContinuousOptions<A> = {}) {
    super('AutoMultivariateNormal', model, options);
  }

  /**
   * What the guide believes of each of its sites by itself now, as distributions that do not move with it: multivariate normals over
   * the elements of the site, which leave out how sites depend on each other. (The whole is {@link getPosterior}.)
   *
   * @param names - which sites; all by default.
   * @returns by site, distributions whose tensors are the caller's; `tf.dispose` of the result frees them.
   * @throws Error when a name is not a latent site, or the guide has not been used yet.
   */
  getDetachedDistributions(names?: readonly string[]): Record<string, Distribution> {
    return this.detachedSites(names, (layout, site) =>
      vectorOnto(site, normalOfRows(layout.part(site, this.loc(layout)), layout.rows(site, this.scaleTril(layout)))),
    );
  }

  /** Drawing takes a product with L; the density of the draw then takes L's diagonal alone. */
  protected override posterior(layout: FlatLayout): Distribution {
    return new Pushforward(layout.dimension, lowerCholeskyAffine(this.loc(layout), this.scaleTril(layout)));
  }

  protected override detachedPosterior(layout: FlatLayout): Distribution {
    return multivariateNormal(this.loc(layout), { scaleTril: this.scaleTril(layout) });
  }

  protected override latentQuantiles(layout: FlatLayout, qs: readonly number[]): Tensor {
    return normalQuantiles(qs, this.loc(layout), tf.sqrt(tf.sum(tf.square(this.scaleTril(layout)), 1)));
  }

  /** L. */
  private scaleTril(layout: FlatLayout): Tensor {
    const { dimension } = layout;
    const scale = this.scale(layout, positive);
    const size = triangleSize(dimension, true);
    // tfjs knows no gradients of arrays without elements.
    const below = size === 0 ? tf.zeros([1, 1]) : fillTriangle(this.parameter('scaleTril', [size], () => tf.zeros([size])), true);
    return tf.mul(tf.add(below, tf.eye(dimension)), tf.expandDims(scale, -1));
  }
}
