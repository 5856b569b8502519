/** @file The mean-field normal guide over one vector. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { positive } from '../../constraints/interval.ts';
import type { Distribution } from '../../distributions/distribution.ts';
import { normal } from '../../distributions/normal.ts';
import type { AutoContinuousOptions } from './autoContinuous.ts';
import { AutoContinuous } from './autoContinuous.ts';
import type { FlatLayout } from './flatLayout.ts';
import { normalQuantiles } from './normalQuantiles.ts';
import { normalOnto } from './siteDistributions.ts';

/**
 * Independent normal distributions in unconstrained space, of all latent sites together: what `AutoNormal` believes, with two
 * parameters in place of two a site. `PREFIX.loc` and `PREFIX.scale` hold one number a coordinate.
 *
 * Source: Kucukelbir, Tran, Ranganath, Gelman and Blei, "Automatic differentiation variational inference" (JMLR 2017).
 */
export class AutoDiagonalNormal<A extends unknown[] = unknown[]> extends AutoContinuous<A> {
  /** @throws TypeError for unknown options; RangeError when a scale is not positive. */
  constructor(model: (...args: A) => unknown, options: AutoContinuousOptions<A> = {}) {
    super('AutoDiagonalNormal', model, options);
  }

  /**
   * What the guide believes of its sites now, as distributions that do not move with it: priors for what comes next.
   *
   * @param names - which sites; all by default.
   * @returns by site, distributions whose tensors are the caller's; `tf.dispose` of the result frees them.
   * @throws Error when a name is not a latent site, or the guide has not been used yet.
   */
  getDetachedDistributions(names?: readonly string[]): Record<string, Distribution> {
    return this.detachedSites(names, (layout, site) =>
      normalOnto(site, layout.part(site, this.loc(layout)), layout.part(site, this.scale(layout, positive))),
    );
  }

  protected override posterior(layout: FlatLayout): Distribution {
    return normal(this.loc(layout), this.scale(layout, positive)).toEvent(1);
  }

  protected override latentQuantiles(layout: FlatLayout, qs: readonly number[]): Tensor {
    return normalQuantiles(qs, this.loc(layout), this.scale(layout, positive));
  }
}
