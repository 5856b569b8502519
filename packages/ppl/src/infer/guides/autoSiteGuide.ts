/** @file What guides share that treat each site by itself. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { SiteError } from '../../runtime/siteError.ts';
import type { Shape } from '../../util/shape.ts';
import { format, sameShape } from '../../util/shape.ts';
import type { SiteValues } from './autoGuide.ts';
import { AutoGuide } from './autoGuide.ts';
import type { GuidePlates } from './guidePlates.ts';
import type { GuideSite } from './guideSite.ts';

/** A guide under which sites are independent, with parameters of their own. */
export abstract class AutoSiteGuide<A extends unknown[]> extends AutoGuide<A> {
  /** The statements that sample one site, inside of its plates. */
  protected abstract sampleSite(site: GuideSite): Tensor;

  /** The value in the middle of what the guide believes of one site: shape `site.shape`. */
  protected abstract medianOf(site: GuideSite): Tensor;

  protected override sampleSites(sites: readonly GuideSite[], plates: GuidePlates): SiteValues {
    return this.eachSite(sites, (site) => plates.within(site.plates, () => this.sampleSite(site)));
  }

  protected override medians(sites: readonly GuideSite[]): SiteValues {
    return this.eachSite(sites, (site) => this.medianOf(site));
  }

  /** @throws SiteError when a parameter does not have the shape that its site has now. */
  protected checkParam(site: GuideSite, value: Tensor, shape: Shape): void {
    if (sameShape(value.shape, shape) || site.plates.some((frame) => frame.size !== frame.subsampleSize)) return;
    throw new SiteError(
      { type: 'sample', name: site.name },
      `the guide's parameter has shape ${format(value.shape)}, but needs ${format(shape)}. The parameter store holds the guide of ` +
        `another model: clear it, or give one guide another name with { prefix: '...' } (this one's is "${this.prefix}")`,
    );
  }
}
