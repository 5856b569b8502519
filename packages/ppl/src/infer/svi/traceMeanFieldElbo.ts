/** @file The ELBO with Kullback-Leibler divergences in closed form. */
import type { Scalar } from '@tensorflow/tfjs-core';
import { NoClosedFormKl, klDivergence } from '../../distributions/kl.ts';
import type { SampleSite } from '../../runtime/site.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { scaleAndMask } from '../../runtime/siteLogProb.ts';
import type { Trace } from '../../runtime/trace.ts';
import { isValidationOn } from '../../util/validation.ts';
import { warn } from '../../util/warn.ts';
import type { ElboOptions } from './elbo.ts';
import { Elbo } from './elbo.ts';
import { checkDivergence } from './nonFinite.ts';
import type { Particle } from './particle.ts';
import type { Particles } from './particles.ts';
import { average } from './particles.ts';
import { needsScore } from './scoreFunction.ts';
import { addUp, difference, scaledTotal, totalLogProb } from './total.ts';

/**
 * The ELBO, with KL(q ‖ p) of each latent site in closed form where there is one, and by sampling elsewhere.
 *
 * Less noisy than {@link TraceELBO}, and right for guides whose sites are independent (mean field), or depend only on
 * sites that come before them in the model too. All draws of the guide must be reparameterised.
 *
 * A divergence is scaled and masked as its two sites are, so that in a subsampled plate it weighs size / subsampleSize. If a
 * handler weighs a site otherwise in the model than in the guide, log p and log q are sampled, each with its own scale and
 * mask: the loss has the same expectation as that of {@link TraceELBO} in any case. (Pyro takes the guide's scale for both.)
 */
export class TraceMeanFieldELBO extends Elbo {
  private hasWarned = false;

  /** @throws TypeError or RangeError for options that are unknown or out of range. */
  constructor(options: ElboOptions = {}) {
    super('infer.TraceMeanFieldELBO', options);
  }

  protected override estimate(particles: Particles): Scalar {
    return average(particles, (particle) => this.negativeElbo(particle));
  }

  private negativeElbo({ guide, model }: Particle): Scalar {
    for (const site of guide.sampleSites()) if (needsScore(site)) throw notReparameterised(site);
    if (isValidationOn()) this.warnOfOrder(model, guide);
    const costs: (Scalar | null)[] = [];
    const gains: (Scalar | null)[] = [];
    const sample = (prior: SampleSite | null, posterior: SampleSite | null): void => {
      if (posterior !== null) costs.push(totalLogProb(posterior));
      if (prior !== null) gains.push(totalLogProb(prior));
    };
    for (const site of model.sampleSites()) {
      const posterior = site.isObserved ? null : (guide.nodes.get(site.name) as SampleSite);
      const divergence = posterior === null ? undefined : closedForm(posterior, site);
      if (divergence === undefined) sample(site, posterior);
      else costs.push(divergence);
    }
    for (const site of guide.sampleSites()) if (site.isObserved || site.infer.isAuxiliary === true) sample(null, site);
    return difference(addUp(costs), addUp(gains));
  }

  /** A site that depends on a later one of the model could not be integrated out by itself. */
  private warnOfOrder(model: Trace, guide: Trace): void {
    const names = model.stochasticSites().map((site) => site.name);
    const order = guide.stochasticSites().map((site) => site.name).filter((name) => names.includes(name));
    if (this.hasWarned || order.join('\0') === names.join('\0')) return;
    this.hasWarned = true;
    warn(
      `infer.TraceMeanFieldELBO: the model samples ${names.join(', ')} in this order, the guide ${order.join(', ')}. If sites ` +
        'of the guide depend on one another, the loss is wrong: keep the order, or use infer.TraceELBO.',
    );
  }
}

/**
 * KL(q ‖ p) of one site, scaled and masked and summed up; `undefined` when there is no closed form, or when the two are
 * weighed differently, so that there is no such thing as their divergence.
 */
function closedForm(posterior: SampleSite, prior: SampleSite): Scalar | null | undefined {
  const { scale, mask } = posterior;
  if (scale !== prior.scale || mask !== prior.mask) return undefined;
  try {
    const divergence = klDivergence(posterior.distribution, prior.distribution);
    checkDivergence(posterior, prior, divergence);
    return scaledTotal(posterior, () => divergence, () => scaleAndMask(divergence, scale, mask));
  } catch (error) {
    if (error instanceof NoClosedFormKl) return undefined;
    throw SiteError.at(prior, error);
  }
}

function notReparameterised(site: SampleSite): SiteError {
  return new SiteError(
    site,
    `the guide draws it from ${site.distribution.name}, whose draws are not reparameterised, as infer.TraceMeanFieldELBO ` +
      'needs them to be; use infer.TraceELBO',
  );
}
