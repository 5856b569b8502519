/** @file The mean-field normal guide. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../../constraints/constraint.ts';
import { interval, positive } from '../../constraints/interval.ts';
import { real } from '../../constraints/real.ts';
import type { Distribution } from '../../distributions/distribution.ts';
import { inferConfig } from '../../handlers/inferConfig.ts';
import { param, sample } from '../../primitives.ts';
import type { AutoGuideOptions, SiteValues } from './autoGuide.ts';
import { AutoSiteGuide } from './autoSiteGuide.ts';
import type { GuideSite } from './guideSite.ts';
import { initialLocOf } from './initialLoc.ts';
import type { InitScale } from './initialScale.ts';
import { checkScale, initialScaleOf } from './initialScale.ts';
import { normalQuantiles } from './normalQuantiles.ts';
import { checkProbabilities, quantilesOfSite } from './quantiles.ts';
import { detachedDistributions, normalOnto } from './siteDistributions.ts';

export interface AutoNormalOptions<A extends unknown[]> extends AutoGuideOptions<A> {
  /** 0.1 by default, also for sites that a record leaves out. */
  readonly initScale?: InitScale;
  /** Whether the means are trained; true by default. */
  readonly trainLoc?: boolean;
  /** Whether the standard deviations are trained; true by default. */
  readonly trainScale?: boolean;
  /** What no standard deviation exceeds; initial ones that would are lowered to just below. No bound by default. */
  readonly maxGuideScale?: number;
}

/** Initial scales are at most this share of `maxGuideScale`: at the bound itself they could not move. */
const HEADROOM = 0.95;

const untrained = inferConfig({ config: { trainable: false } });

/**
 * Independent normal distributions in unconstrained space, carried over to the support of each site.
 *
 * Each site is sampled under its own name from `normal(loc, scale).toEvent(n)`, or from that transformed where the support
 * is not all real numbers; so its divergence from a normal prior has a closed form. The parameters are called
 * `PREFIX.locs.SITE` and `PREFIX.scales.SITE`, both of the site's unconstrained shape. A support that depends on other sites is the
 * one that these give it in the same run.
 *
 * Source: Kucukelbir, Tran, Ranganath, Gelman and Blei, "Automatic differentiation variational inference" (JMLR 2017).
 */
export class AutoNormal<A extends unknown[] = unknown[]> extends AutoSiteGuide<A> {
  private readonly settings: AutoNormalOptions<A>;
  private readonly scaleConstraint: Constraint;

  /** @throws TypeError for unknown options; RangeError when a scale is not positive. */
  constructor(model: (...args: A) => unknown, options: AutoNormalOptions<A> = {}) {
    super('AutoNormal', model, options, ['initScale', 'trainLoc', 'trainScale', 'maxGuideScale']);
    const { initScale, maxGuideScale } = options;
    checkScale(this.className, 'initScale', initScale);
    checkScale(this.className, 'maxGuideScale', maxGuideScale);
    this.settings = options;
    this.scaleConstraint = maxGuideScale === undefined ? positive : interval(0, maxGuideScale);
  }

  /**
   * Quantiles of each element of each latent site, with plates in full; of sites whose support depends on other sites, those of
   * 1,000 draws. The caller disposes them.
   *
   * @param qs - probabilities between 0 and 1.
   * @param args - the model's arguments; not needed once the guide has been used, unless supports depend on other sites.
   * @returns by site, tensors of shape `[qs.length] + shape of the site`.
   * @throws RangeError for a probability outside of (0, 1).
   */
  quantiles(qs: readonly number[], ...args: A | []): SiteValues {
    checkProbabilities(this.className, qs);
    const closedForm = (site: GuideSite): Tensor => {
      const [loc, scale] = [this.loc(site), this.scale(site)];
      return quantilesOfSite(site, qs, normalQuantiles(qs, loc, scale), normalQuantiles(qs.map((q) => 1 - q), loc, scale));
    };
    return this.withSites(args, (sites) => tf.tidy(() => this.quantilesOf(sites, qs, closedForm)));
  }

  /**
   * What the guide believes of its sites now, as distributions that do not move with it: priors for what comes next.
   *
   * @param names - which sites; all by default.
   * @returns by site, distributions whose tensors are the caller's; `tf.dispose` of the result frees them.
   * @throws Error when a name is not a latent site, or the guide has not been used yet.
   */
  getDetachedDistributions(names?: readonly string[]): Record<string, Distribution> {
    return this.withSites([], (sites) => detachedDistributions(this.className, sites, names, (site) => this.distribution(site)));
  }

  protected override sampleSite(site: GuideSite): Tensor {
    return sample(site.name, this.distribution(site));
  }

  protected override medianOf(site: GuideSite): Tensor {
    return tf.clone(site.transform.forward(this.loc(site)));
  }

  protected override checkSites(sites: readonly GuideSite[]): void {
    super.checkSites(sites);
    this.warnOfUnknown('initScale', this.settings.initScale, sites);
  }

  private distribution(site: GuideSite): Distribution {
    return normalOnto(site, this.loc(site), this.scale(site));
  }

  private loc(site: GuideSite): Tensor {
    return this.parameter('locs', site, () => initialLocOf(site), real, this.settings.trainLoc);
  }

  private scale(site: GuideSite): Tensor {
    return this.parameter('scales', site, () => this.initialScale(site), this.scaleConstraint, this.settings.trainScale);
  }

  private parameter(kind: string, site: GuideSite, initial: () => Tensor, constraint: Constraint, train: boolean = true): Tensor {
    const read = (): Tensor => param(`${this.prefix}.${kind}.${site.name}`, initial, { constraint, eventDim: site.unconstrainedEventDim });
    const value = train ? read() : untrained.run(read);
    this.checkParam(site, value, site.unconstrainedShape);
    return value;
  }

  private initialScale(site: GuideSite): Tensor {
    const { initScale, maxGuideScale = Infinity } = this.settings;
    const wide = initialScaleOf(site, initScale);
    return maxGuideScale === Infinity ? wide : tf.minimum(wide, HEADROOM * maxGuideScale);
  }
}
