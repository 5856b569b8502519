/** @file What guides share that have one distribution over all latent sites together. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import type { Constraint } from '../../constraints/constraint.ts';
import { declareInside } from '../../constraints/inside.ts';
import { real } from '../../constraints/real.ts';
import { sameSet } from '../../constraints/same.ts';
import { delta } from '../../distributions/delta.ts';
import type { Distribution } from '../../distributions/distribution.ts';
import { param, sample } from '../../primitives.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { sumRightmost } from '../../transforms/transform.ts';
import type { Shape } from '../../util/shape.ts';
import { format, sameShape } from '../../util/shape.ts';
import type { AutoGuideOptions, SiteValues } from './autoGuide.ts';
import { AutoGuide, bySite } from './autoGuide.ts';
import { FlatLayout } from './flatLayout.ts';
import type { GuidePlates } from './guidePlates.ts';
import type { GuideSite } from './guideSite.ts';
import { initialLocOf } from './initialLoc.ts';
import type { InitScale } from './initialScale.ts';
import { checkScale, initialScaleOf } from './initialScale.ts';
import { checkProbabilities, quantilesOfSite } from './quantiles.ts';
import { detachedDistributions } from './siteDistributions.ts';

export interface AutoContinuousOptions<A extends unknown[]> extends Omit<AutoGuideOptions<A>, 'subsample'> {
  /** 0.1 by default, also for sites that a record leaves out. */
  readonly initScale?: InitScale;
}

/**
 * A guide whose latent sites may depend on each other: one vector holds all of them, in unconstrained space and in the order
 * in which the model meets them. It is sampled as the auxiliary site `PREFIX.latent`; the sites are its parts, carried over to
 * their supports, with the volume change for their density. A support that depends on other sites is the one that these give it in
 * the same run.
 */
export abstract class AutoContinuous<A extends unknown[]> extends AutoGuide<A> {
  private readonly initScale: InitScale | undefined;
  private cachedLayout: FlatLayout | null = null;

  /** @throws TypeError for unknown options; RangeError when a scale is not positive. */
  protected constructor(
    className: string,
    model: (...args: A) => unknown,
    options: AutoContinuousOptions<A>,
    optionNames: readonly string[] = ['initScale'],
  ) {
    if ('subsample' in options) {
      throw new TypeError(`guides.${className}: there is no option subsample, as this guide cannot follow plates that subsample; guides.AutoNormal can`);
    }
    super(className, model, options, optionNames);
    checkScale(this.className, 'initScale', options.initScale);
    this.initScale = options.initScale;
  }

  /** The distribution of the vector: of batch shape [] and event shape `[layout.dimension]`. */
  protected abstract posterior(layout: FlatLayout): Distribution;

  /** The quantiles of each coordinate by itself: shape `[qs.length, layout.dimension]`. */
  protected abstract latentQuantiles(layout: FlatLayout, qs: readonly number[]): Tensor;

  /**
   * The distribution of the vector of all latent sites in unconstrained space, as it is now: it does not move with the guide.
   *
   * @param args - the model's arguments; not needed once the guide has been used.
   * @returns a distribution whose tensors are the caller's; `tf.dispose` of it frees them.
   * @throws Error when the model has no latent sites.
   */
  getPosterior(...args: A | []): Distribution {
    return this.withLayout(args, (layout) => {
      if (layout === null) throw new Error(`${this.className}: the model has no latent sites`);
      const detached = (): TensorContainer => this.detachedPosterior(layout) as unknown as TensorContainer;
      return tf.tidy(detached) as unknown as Distribution;
    });
  }

  /**
   * The values of the latent sites at vectors of unconstrained space, such as draws of {@link getPosterior}. Where supports depend
   * on other sites the model is run for each vector, as far as its last latent site.
   *
   * @param vectors - `[..., dimension]`.
   * @param args - the model's arguments; not needed once the guide has been used, unless supports depend on other sites.
   * @returns by site, tensors of shape `[...] + shape of the site`; the caller disposes them.
   */
  constrain(vectors: Tensor, ...args: A | []): SiteValues {
    return this.withLayout(args, (layout) => {
      if (layout === null) return {};
      if (vectors.shape.at(-1) === layout.dimension) return tf.tidy(() => this.images(layout, vectors));
      throw new Error(`${this.className}: vectors must have shape [..., ${layout.dimension}], got ${format(vectors.shape)}`);
    });
  }

  /**
   * Quantiles of each element of each latent site; of sites whose support depends on other sites, those of 1,000 draws. The caller
   * disposes them.
   *
   * @param qs - probabilities between 0 and 1.
   * @param args - the model's arguments; not needed once the guide has been used, unless supports depend on other sites.
   * @returns by site, tensors of shape `[qs.length] + shape of the site`.
   * @throws RangeError for a probability outside of (0, 1).
   */
  quantiles(qs: readonly number[], ...args: A | []): SiteValues {
    checkProbabilities(this.className, qs);
    return this.withLayout(args, (layout) => {
      if (layout === null || qs.length === 0) return {};
      return tf.tidy(() => {
        const both = this.latentQuantiles(layout, [...qs, ...qs.map((q) => 1 - q)]);
        const [at, opposite] = tf.split(both, 2) as [Tensor, Tensor];
        return this.quantilesOf(layout.sites, qs, (site) => quantilesOfSite(site, qs, layout.part(site, at), layout.part(site, opposite)));
      });
    });
  }

  protected override medians(sites: readonly GuideSite[]): SiteValues {
    const layout = this.layoutOf(sites);
    return layout === null ? {} : this.images(layout, tf.squeeze(this.latentQuantiles(layout, [0.5]), [0]));
  }

  protected override sampleSites(sites: readonly GuideSite[], plates: GuidePlates): SiteValues {
    const layout = this.layoutOf(sites);
    if (layout === null) return {};
    const vector = sample(`${this.prefix}.latent`, this.posterior(layout), { infer: { isAuxiliary: true } });
    return this.eachSite(sites, (site) => plates.within(site.plates, () => sampleImage(site, placed(layout, site, vector))));
  }

  /** What {@link getPosterior} says of single sites, each by itself: for `getDetachedDistributions` of guides that know. */
  protected detachedSites(names: readonly string[] | undefined, distribution: (layout: FlatLayout, site: GuideSite) => Distribution): Record<string, Distribution> {
    const detached = this.withLayout([], (layout) => {
      if (layout === null) return {};
      const find = (): Record<string, Distribution> =>
        detachedDistributions(this.className, layout.sites, names, (site) => distribution(layout, site));
      return tf.tidy(find as unknown as () => TensorContainer);
    });
    return detached as unknown as Record<string, Distribution>;
  }

  /** What {@link getPosterior} gives; for guides whose own distribution is made for draws alone. */
  protected detachedPosterior(layout: FlatLayout): Distribution {
    return this.posterior(layout);
  }

  /** The values of all sites at vectors `[...lead, dimension]`: of shape `[...lead, ...site.shape]`. */
  private images(layout: FlatLayout, vectors: Tensor): SiteValues {
    const { sites, dimension } = layout;
    const lead = vectors.shape.slice(0, -1);
    const at = (vector: Tensor): SiteValues => this.eachSite(sites, (site) => layout.image(site, vector));
    if (lead.length === 0 || !sites.some(({ hasMovingSupport }) => hasMovingSupport)) return at(vectors);
    // Models need not compute with many values at once.
    const rows = tf.unstack(tf.reshape(vectors, [-1, dimension])).map(at);
    return bySite(sites, ({ name, shape }) => tf.reshape(tf.stack(rows.map((values) => values[name] as Tensor)), [...lead, ...shape]));
  }

  protected withLayout<R>(args: A | [], body: (layout: FlatLayout | null) => R): R {
    return this.withSites(args, (sites) => body(this.layoutOf(sites)));
  }

  /** The parameter `PREFIX.loc`: one number a coordinate, at first the initial values of the sites. */
  protected loc(layout: FlatLayout): Tensor {
    return this.parameter('loc', [layout.dimension], () => layout.flatten(initialLocOf));
  }

  /** The parameter `PREFIX.scale`: one positive number a coordinate, at first `initScale` times `factor`. */
  protected scale(layout: FlatLayout, constraint: Constraint, factor: number = 1): Tensor {
    const initial = (): Tensor => tf.mul(layout.flatten((site) => initialScaleOf(site, this.initScale)), factor);
    return this.parameter('scale', [layout.dimension], initial, constraint);
  }

  /** The parameter `PREFIX.NAME`. @throws SiteError when the store holds one of another shape. */
  protected parameter(name: string, shape: Shape, initial: () => Tensor, constraint: Constraint = real): Tensor {
    const fullName = `${this.prefix}.${name}`;
    const value = param(fullName, initial, { constraint });
    if (sameShape(value.shape, shape)) return value;
    throw new SiteError(
      { type: 'param', name: fullName },
      `has shape ${format(value.shape)}, but needs ${format(shape)}. The parameter store holds the guide of another model, or one with ` +
        `other options: clear it, or give one guide another name with { prefix: '...' } (this one's is "${this.prefix}")`,
    );
  }

  protected override checkSites(sites: readonly GuideSite[]): void {
    super.checkSites(sites);
    this.warnOfUnknown('initScale', this.initScale, sites);
    for (const site of sites) this.refuseSubsampling(site);
  }

  private refuseSubsampling(site: GuideSite): void {
    const frame = site.plates.find(({ size, subsampleSize }) => size !== subsampleSize);
    if (frame === undefined) return;
    throw new SiteError(
      { type: 'sample', name: site.name },
      `stands in plate "${frame.name}", which subsamples ${frame.subsampleSize} of ${frame.size}: ${this.className} has one distribution ` +
        'over all latent sites, and cannot sample some of their elements. Use guides.AutoNormal, for this site at least (see ' +
        'guides.AutoGuideList), or leave subsampleSize out',
    );
  }

  private layoutOf(sites: readonly GuideSite[]): FlatLayout | null {
    if (sites.length === 0) return null;
    this.cachedLayout ??= new FlatLayout(sites);
    return this.cachedLayout;
  }
}

/** A site's part of the vector, whose batch dimensions are those of plates around the guide: to the left of the site's own. */
function placed(layout: FlatLayout, site: GuideSite, vector: Tensor): Tensor {
  const batchRank = site.shape.length - site.eventDim;
  const lead = vector.shape.slice(0, -1);
  return layout.part(site, vector, lead.slice(0, Math.max(0, lead.length - batchRank)));
}

/** Samples a site as the image of `x`, whose density the volume change of the bijection divides. */
function sampleImage({ name, support, transform, eventDim }: GuideSite, x: Tensor): Tensor {
  const value = transform.forward(x);
  declareInside(value, support);
  if (sameSet(support, real)) return sample(name, delta(value, 0, eventDim));
  const volume = sumRightmost(transform.logAbsDetJacobian(x, value), eventDim - transform.codomain.eventDim);
  return sample(name, delta(value, tf.neg(volume), eventDim));
}
