/** @file The mean-field normal guide of networks. */
import { checkOptions, guides } from '@tychejs/ppl';
import type { ScalingMethod } from '../priors/standardDeviation.ts';
import { standardDeviation } from '../priors/standardDeviation.ts';
import type { GuideBuilder } from './guide.ts';
import { fansOfSite } from './initialValues.ts';

export interface AutoNormalOptions {
  /**
   * Means: a number, values by name, or an initialiser such as `guides.initToNormal()`. By default the weights that the
   * network has, that is, those of tfjs's initialisers or of earlier training. (At zero all units of a layer are the same:
   * a saddle point, which only noise leads away from.)
   */
  readonly initLoc?: guides.InitLoc;
  /** Standard deviations: a number (0.1 by default), values by name, a function of the site, or a method by fan-in. */
  readonly initScale?: guides.InitScale | ScalingMethod;
  /** Whether the means are trained; true by default. */
  readonly trainLoc?: boolean;
  /** Whether the standard deviations are trained; true by default. */
  readonly trainScale?: boolean;
  /** What no standard deviation exceeds; no bound by default. */
  readonly maxGuideScale?: number;
}

const WHERE = 'guides.autoNormal';

/**
 * Independent normals for all weights, each site drawn straight from its own, so that divergences from normal priors have
 * a closed form and local reparameterisation sees the normals.
 *
 * It makes a `guides.AutoNormal` of `@tychejs/ppl`, with all its methods: `median()`, `quantiles(qs)`, `samplePosterior()`
 * and `getDetachedDistributions(names?)`, whose result is a prior for the next task by `priors.dictionary`.
 *
 * @throws TypeError for unknown options; RangeError when a scale is not positive.
 */
export function autoNormal(options: AutoNormalOptions = {}): GuideBuilder<guides.AutoNormal<[]>> {
  checkOptions(WHERE, options, ['initLoc', 'initScale', 'trainLoc', 'trainScale', 'maxGuideScale']);
  const { initScale, ...others } = options;
  const scale = typeof initScale === 'string' ? byFans(initScale) : initScale;
  const settings = { ...others, ...(scale === undefined ? {} : { initScale: scale }) };
  return (model, context) => new guides.AutoNormal(model, { ...context, ...settings });
}

function byFans(method: ScalingMethod): (site: guides.GuideSite) => number {
  const scaleOf = (site: Pick<guides.GuideSite, 'name' | 'shape' | 'infer'>): number =>
    standardDeviation(WHERE, method, fansOfSite(site, site.shape), 'linear');
  scaleOf({ name: '', shape: [], infer: {} }); // complains of an unknown method now
  return scaleOf;
}
