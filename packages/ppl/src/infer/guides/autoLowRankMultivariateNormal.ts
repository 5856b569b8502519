/** @file The normal guide with few directions of correlation. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { positive } from '../../constraints/interval.ts';
import type { Distribution } from '../../distributions/distribution.ts';
import type { LowRankMultivariateNormal } from '../../distributions/lowRankMultivariateNormal.ts';
import { lowRankMultivariateNormal } from '../../distributions/lowRankMultivariateNormal.ts';
import { normalTensor } from '../../random/tensors.ts';
import { checkInteger } from '../mcmc/checks.ts';
import type { AutoContinuousOptions } from './autoContinuous.ts';
import { AutoContinuous } from './autoContinuous.ts';
import type { FlatLayout } from './flatLayout.ts';
import { normalQuantiles } from './normalQuantiles.ts';
import { vectorOnto } from './siteDistributions.ts';

export interface AutoLowRankMultivariateNormalOptions<A extends unknown[]> extends AutoContinuousOptions<A> {
  /** How many directions; the root of the number of coordinates, rounded, by default. */
  readonly rank?: number;
}

/**
 * One multivariate normal distribution over all latent sites, in unconstrained space, with a covariance of low rank plus a
 * diagonal: diag(scale) (I + W Wᵀ) diag(scale).
 *
 * The parameters are `PREFIX.loc` and `PREFIX.scale`, `[n]`, and `PREFIX.covFactor`, W, `[n, rank]`. W is drawn at random at
 * first, so that its columns differ, with rows of unit length or so; `initScale` is then the standard deviation.
 *
 * Source: Ong, Nott and Smith, "Gaussian variational approximation with a factor covariance structure" (JCGS 2018).
 */
export class AutoLowRankMultivariateNormal<A extends unknown[] = unknown[]> extends AutoContinuous<A> {
  private readonly rank: number | null;

  /** @throws TypeError for unknown options; RangeError when a scale, or the rank, is not positive. */
  constructor(model: (...args: A) => unknown, options: AutoLowRankMultivariateNormalOptions<A> = {}) {
    super('AutoLowRankMultivariateNormal', model, options, ['initScale', 'rank']);
    const { rank } = options;
    if (rank !== undefined) checkInteger(this.className, 'rank', rank, 1);
    this.rank = rank ?? null;
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
    return this.detachedSites(names, (layout, site) => {
      const { loc, covFactor, covDiag } = this.posterior(layout);
      const [mean, diagonal] = [loc, covDiag].map((vector) => tf.reshape(layout.part(site, vector as Tensor), [-1])) as [Tensor, Tensor];
      return vectorOnto(site, lowRankMultivariateNormal(mean, layout.rows(site, covFactor as Tensor), diagonal));
    });
  }

  protected override posterior(layout: FlatLayout): LowRankMultivariateNormal {
    const scale = this.scale(layout, positive, Math.SQRT1_2);
    const factor = tf.mul(this.covFactor(layout), tf.expandDims(scale, -1));
    return lowRankMultivariateNormal(this.loc(layout), factor, tf.square(scale));
  }

  protected override latentQuantiles(layout: FlatLayout, qs: readonly number[]): Tensor {
    const { mean, variance } = this.posterior(layout);
    return normalQuantiles(qs, mean, tf.sqrt(variance));
  }

  /** W. */
  private covFactor({ dimension }: FlatLayout): Tensor {
    const rank = this.rank ?? Math.round(Math.sqrt(dimension));
    const stream = this.initStream.fold('covFactor');
    return this.parameter('covFactor', [dimension, rank], () => tf.div(normalTensor(stream, [dimension, rank]), Math.sqrt(rank)));
  }
}
