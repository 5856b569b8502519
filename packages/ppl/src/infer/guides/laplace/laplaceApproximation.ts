/** @file A normal guide that stays as it is: what a Laplace approximation gives. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../../distributions/distribution.ts';
import { multivariateNormal } from '../../../distributions/multivariateNormal.ts';
import { asTensor } from '../../../distributions/parameter.ts';
import { lowerCholeskyAffine } from '../../../transforms/lowerCholeskyAffine.ts';
import { cholesky } from '../../mcmc/cholesky.ts';
import { AutoContinuous } from '../autoContinuous.ts';
import type { FlatLayout } from '../flatLayout.ts';
import { normalQuantiles } from '../normalQuantiles.ts';
import { Pushforward } from '../pushforward.ts';
import { normalOfRows, vectorOnto } from '../siteDistributions.ts';
import type { Mode } from './mode.ts';
import { gramOfTranspose } from './triangular.ts';

/**
 * One multivariate normal distribution over all latent sites, in unconstrained space: around the mode of the posterior density
 * there, with the inverse of the negative Hessian for its covariance. It has no parameters, and nothing in it can be trained.
 */
export class LaplaceApproximation<A extends unknown[] = unknown[]> extends AutoContinuous<A> {
  /** An estimate of the logarithm of the evidence: exact where the posterior is normal in unconstrained space. */
  readonly logEvidence: number;
  private readonly mean: readonly number[];
  /** L with L Lᵀ the covariance. */
  private readonly scaleTril: readonly (readonly number[])[];

  constructor(model: (...args: A) => unknown, prefix: string, { position, logDensity, inverseFactor }: Mode) {
    super('LaplaceApproximation', model, { prefix }, []);
    const n = position.length;
    const lower = cholesky(gramOfTranspose(inverseFactor, n), n);
    this.mean = [...position];
    this.scaleTril = this.mean.map((_, i) => [...lower.subarray(i * n, (i + 1) * n)]);
    // log p(mode) + n/2 log 2π + ½ log det Σ (MacKay 2003, equation 27.3).
    this.logEvidence = this.scaleTril.reduce((sum, row, i) => sum + Math.log(row[i] ?? 0), logDensity + 0.5 * n * Math.log(2 * Math.PI));
  }

  /** Looks for the model's latent sites, so that from now on no arguments are needed. */
  prepare(args: A): this {
    this.withSites(args, () => undefined);
    return this;
  }

  /**
   * What the guide believes of each of its sites by itself, as distributions that do not move with it: multivariate normals over
   * the elements of the site, which leave out how sites depend on each other. (The whole is {@link getPosterior}.)
   *
   * @param names - which sites; all by default.
   * @returns by site, distributions whose tensors are the caller's; `tf.dispose` of the result frees them.
   * @throws Error when a name is not a latent site, or the guide has not been used yet.
   */
  getDetachedDistributions(names?: readonly string[]): Record<string, Distribution> {
    const [mean, scaleTril] = [asTensor(this.mean as number[]), asTensor(this.scaleTril as number[][])];
    try {
      return this.detachedSites(names, (layout, site) => vectorOnto(site, normalOfRows(layout.part(site, mean), layout.rows(site, scaleTril))));
    } finally {
      tf.dispose([mean, scaleTril]);
    }
  }

  protected override posterior({ dimension }: FlatLayout): Distribution {
    return new Pushforward(dimension, lowerCholeskyAffine(this.mean as number[], this.scaleTril as number[][]));
  }

  protected override detachedPosterior(): Distribution {
    return multivariateNormal(this.mean as number[], { scaleTril: this.scaleTril as number[][] });
  }

  protected override latentQuantiles(_: FlatLayout, qs: readonly number[]): Tensor {
    const variances = this.scaleTril.map((row) => row.reduce((sum, x) => sum + x ** 2, 0));
    return normalQuantiles(qs, asTensor(this.mean as number[]), asTensor(variances.map(Math.sqrt)));
  }
}
