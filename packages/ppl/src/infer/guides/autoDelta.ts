/** @file The guide of maximum a posteriori estimates. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { delta } from '../../distributions/delta.ts';
import { param, sample } from '../../primitives.ts';
import type { AutoGuideOptions } from './autoGuide.ts';
import { AutoSiteGuide } from './autoSiteGuide.ts';
import type { GuideSite } from './guideSite.ts';

/**
 * All belief on one point for each site: trained, the mode of the posterior density in the model's own, constrained space.
 * The parameters are called `PREFIX.SITE` and have the site's shape.
 */
export class AutoDelta<A extends unknown[] = unknown[]> extends AutoSiteGuide<A> {
  /** @throws TypeError for unknown options. */
  constructor(model: (...args: A) => unknown, options: AutoGuideOptions<A> = {}) {
    super('AutoDelta', model, options);
  }

  protected override sampleSite(site: GuideSite): Tensor {
    return sample(site.name, delta(this.point(site)).toEvent(site.eventDim));
  }

  protected override medianOf(site: GuideSite): Tensor {
    return tf.clone(this.point(site));
  }

  private point(site: GuideSite): Tensor {
    const { name, support, shape, eventDim, initial } = site;
    const value = param(`${this.prefix}.${name}`, () => tf.tensor(initial, [...shape]), { constraint: support, eventDim });
    this.checkParam(site, value, shape);
    return value;
  }
}
