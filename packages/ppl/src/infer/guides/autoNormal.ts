/** @file The mean-field normal guide. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import type { Constraint } from '../../constraints/constraint.ts';
import { IndependentConstraint } from '../../constraints/independent.ts';
import { interval, positive } from '../../constraints/interval.ts';
import { real } from '../../constraints/real.ts';
import { sameSet } from '../../constraints/same.ts';
import type { Distribution } from '../../distributions/distribution.ts';
import { normal } from '../../distributions/normal.ts';
import { asTensor } from '../../distributions/parameter.ts';
import { transformed } from '../../distributions/transformed.ts';
import { inferConfig } from '../../handlers/inferConfig.ts';
import { ndtri } from '../../ops/scalar/normal.ts';
import { param, sample } from '../../primitives.ts';
import type { AutoGuideOptions, SiteValues } from './autoGuide.ts';
import { AutoGuide } from './autoGuide.ts';
import type { GuideSite } from './guideSite.ts';

/** Initial standard deviations in unconstrained space: one for all, or by site, or a function of the site. */
export type InitScale =
  | number
  | Readonly<Record<string, Tensor | TensorLike>>
  | ((site: GuideSite) => Tensor | TensorLike);

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

const DEFAULT_SCALE = 0.1;

/** Initial scales are at most this share of `maxGuideScale`: at the bound itself they could not move. */
const HEADROOM = 0.95;

const untrained = inferConfig({ config: { trainable: false } });

/**
 * Independent normal distributions in unconstrained space, carried over to the support of each site.
 *
 * Each site is sampled under its own name from `normal(loc, scale).toEvent(n)`, or from that transformed where the support
 * is not all real numbers; so its divergence from a normal prior has a closed form. The parameters are called
 * `PREFIX.locs.SITE` and `PREFIX.scales.SITE`, both of the site's unconstrained shape.
 *
 * Source: Kucukelbir, Tran, Ranganath, Gelman and Blei, "Automatic differentiation variational inference" (JMLR 2017).
 */
export class AutoNormal<A extends unknown[] = unknown[]> extends AutoGuide<A> {
  private readonly settings: AutoNormalOptions<A>;
  private readonly scaleConstraint: Constraint;

  /** @throws TypeError for unknown options; RangeError when a scale is not positive. */
  constructor(model: (...args: A) => unknown, options: AutoNormalOptions<A> = {}) {
    super('AutoNormal', model, options, ['initScale', 'trainLoc', 'trainScale', 'maxGuideScale']);
    const { initScale, maxGuideScale } = options;
    for (const [name, scale] of Object.entries({ initScale, maxGuideScale })) {
      if (typeof scale !== 'number' || scale > 0) continue;
      throw new RangeError(`guides.AutoNormal: ${name} must be positive, got ${scale}`);
    }
    this.settings = options;
    this.scaleConstraint = maxGuideScale === undefined ? positive : interval(0, maxGuideScale);
  }

  /**
   * Quantiles of each element of each latent site, with plates in full. The caller disposes them.
   *
   * @param qs - probabilities between 0 and 1.
   * @param args - the model's arguments; not needed once the guide has been used.
   * @returns by site, tensors of shape `[qs.length] + shape of the site`.
   * @throws RangeError for a probability outside of (0, 1).
   */
  quantiles(qs: readonly number[], ...args: A | []): SiteValues {
    for (const q of qs) if (!(q > 0 && q < 1)) throw new RangeError(`guides.AutoNormal: quantiles must lie in (0, 1), got ${q}`);
    const sites = this.setUp(args);
    const quantilesOf = (site: GuideSite): Tensor => tf.stack(qs.map((q) => this.quantile(site, q)));
    return tf.tidy(() => Object.fromEntries(sites.map((site) => [site.name, quantilesOf(site)])));
  }

  /**
   * What the guide believes of its sites now, as distributions that do not move with it: priors for what comes next.
   *
   * @param names - which sites; all by default.
   * @returns by site, distributions whose tensors are the caller's; `tf.dispose` of the result frees them.
   * @throws Error when a name is not a latent site, or the guide has not been used yet.
   */
  getDetachedDistributions(names?: readonly string[]): Record<string, Distribution> {
    const sites = new Map(this.setUp([]).map((site) => [site.name, site]));
    const detached: Record<string, Distribution> = {};
    for (const name of names ?? sites.keys()) {
      const site = sites.get(name);
      if (site === undefined) {
        throw new Error(`guides.AutoNormal: "${name}" is not one of its sites: ${[...sites.keys()].join(', ')}`);
      }
      detached[name] = distributionOf(site, this.loc(site), this.scale(site));
    }
    return detached;
  }

  protected override sampleSite(site: GuideSite): Tensor {
    return sample(site.name, distributionOf(site, this.loc(site), this.scale(site)));
  }

  protected override medianOf(site: GuideSite): Tensor {
    return tf.clone(site.transform.forward(this.loc(site)));
  }

  protected override checkSites(sites: readonly GuideSite[]): void {
    super.checkSites(sites);
    this.warnOfUnknown('initScale', this.settings.initScale, sites);
  }

  private loc(site: GuideSite): Tensor {
    const initial = (): Tensor => site.transform.inverse(tf.tensor(site.initial, [...site.shape]));
    return this.parameter('locs', site, initial, real, this.settings.trainLoc);
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
    const { initScale = DEFAULT_SCALE, maxGuideScale = Infinity } = this.settings;
    const given = typeof initScale === 'function' ? initScale(site) : initScale;
    const ownScale = isRecord(given) ? (given[site.name] ?? DEFAULT_SCALE) : given;
    const wide = tf.broadcastTo(asTensor(ownScale), [...site.unconstrainedShape]);
    return maxGuideScale === Infinity ? wide : tf.minimum(wide, HEADROOM * maxGuideScale);
  }

  private quantile(site: GuideSite, q: number): Tensor {
    const { transform, support } = site;
    const offset = tf.mul(this.scale(site), ndtri(q));
    const value = transform.forward(tf.add(this.loc(site), offset));
    const base = support instanceof IndependentConstraint ? support.base : support;
    if (base.eventDim > 0) return value;
    // The transform may turn numbers round, as that onto what lies below a bound does.
    const opposite = transform.forward(tf.sub(this.loc(site), offset));
    return q < 0.5 ? tf.minimum(value, opposite) : tf.maximum(value, opposite);
  }
}

function distributionOf({ support, transform, unconstrainedEventDim }: GuideSite, loc: Tensor, scale: Tensor): Distribution {
  const unconstrained = normal(loc, scale).toEvent(unconstrainedEventDim);
  return sameSet(support, real) ? unconstrained : transformed(unconstrained, [transform]);
}

function isRecord(value: object | TensorLike): value is Readonly<Record<string, Tensor | TensorLike>> {
  return typeof value === 'object' && !(value instanceof tf.Tensor) && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
