/** @file The guide of maximum a posteriori estimates. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { delta } from '../../distributions/delta.ts';
import { param, sample } from '../../primitives.ts';
import { SiteError } from '../../runtime/siteError.ts';
import type { AutoGuideOptions, SiteValues } from './autoGuide.ts';
import { bySite } from './autoGuide.ts';
import { AutoSiteGuide } from './autoSiteGuide.ts';
import type { GuideSite } from './guideSite.ts';
import { checkProbabilities } from './quantiles.ts';

/**
 * All belief on one point for each site: trained, the mode of the posterior density in the model's own, constrained space.
 * The parameters are called `PREFIX.SITE` and have the site's shape. A parameter keeps to one set, so that supports must not
 * depend on other sites.
 */
export class AutoDelta<A extends unknown[] = unknown[]> extends AutoSiteGuide<A> {
  /** @throws TypeError for unknown options. */
  constructor(model: (...args: A) => unknown, options: AutoGuideOptions<A> = {}) {
    super('AutoDelta', model, options);
  }

  /**
   * Quantiles of each element of each latent site, with plates in full: the point itself. The caller disposes them.
   *
   * @param qs - probabilities between 0 and 1.
   * @param args - the model's arguments; not needed once the guide has been used.
   * @returns by site, tensors of shape `[qs.length] + shape of the site`.
   * @throws RangeError for a probability outside of (0, 1).
   */
  quantiles(qs: readonly number[], ...args: A | []): SiteValues {
    checkProbabilities(this.className, qs);
    const repeated = (site: GuideSite): Tensor => tf.stack(qs.map(() => this.point(site)));
    return this.withSites(args, (sites) => tf.tidy(() => bySite(sites, repeated)));
  }

  protected override sampleSite(site: GuideSite): Tensor {
    return sample(site.name, delta(this.point(site)).toEvent(site.eventDim));
  }

  protected override medianOf(site: GuideSite): Tensor {
    return tf.clone(this.point(site));
  }

  protected override checkSites(sites: readonly GuideSite[]): void {
    super.checkSites(sites);
    const site = sites.find(({ hasMovingSupport }) => hasMovingSupport);
    if (site === undefined) return;
    throw new SiteError(
      { type: 'sample', name: site.name },
      `its support, ${site.support.name}, depends on other latent sites, and the parameter of guides.AutoDelta would not move with it. ` +
        'Use guides.AutoLaplaceApproximation, which seeks the mode in unconstrained space; or sample a site of fixed support and ' +
        'compute the value from it, as in a * u with u uniform on (0, 1) instead of uniform on (0, a)',
    );
  }

  private point(site: GuideSite): Tensor {
    const { name, support, shape, eventDim } = site;
    const value = param(`${this.prefix}.${name}`, () => tf.tensor(site.initial().value, [...shape]), { constraint: support, eventDim });
    this.checkParam(site, value, shape);
    return value;
  }
}
