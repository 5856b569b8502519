/** @file The ELBO by sampling alone, for any guide. */
import type { Scalar } from '@tensorflow/tfjs-core';
import { SiteError } from '../../runtime/siteError.ts';
import type { SampleSite } from '../../runtime/site.ts';
import { warn } from '../../util/warn.ts';
import type { ElboOptions } from './elbo.ts';
import { Elbo } from './elbo.ts';
import { withGradientOf } from './gradients.ts';
import type { Particle } from './particle.ts';
import type { Particles } from './particles.ts';
import { average } from './particles.ts';
import { allSites, needsScore, reward, scoreTerm } from './scoreFunction.ts';
import { addUp, difference, totalLogProb } from './total.ts';

export interface TraceElboOptions extends ElboOptions {
  /**
   * Leaves ∇ log q by the guide's parameters, at draws held fixed, out of the gradient; false by default. Its expectation is
   * zero, so that the gradient stays right in the mean, and near the posterior its noise vanishes, where that of the plain
   * one does not. All draws of the guide must be reparameterised, and the guide runs twice.
   *
   * Source: Roeder, Wu and Duvenaud, "Sticking the landing" (NeurIPS 2017).
   */
  readonly stickTheLanding?: boolean;
}

/**
 * The ELBO, E_q[log p(x, z) - log q(z)], estimated from draws of the guide.
 *
 * Gradients are pathwise for sites whose draws are reparameterised (Kingma and Welling, ICLR 2014) and by the score
 * function for the others, whose ∇ log q alone, of expectation zero, is left out. There, what belongs to other elements of a
 * plate is no reward of an element's draw; {@link TraceGraphELBO} leaves out more, and knows baselines, which here are passed over
 * with a warning.
 *
 * Each log-density counts by its site's own scale and mask, in the model and in the guide. So latent sites inside of a
 * subsampled plate, which must be the same in both, weigh size / subsampleSize in both; and `handlers.scale` around the latent
 * sites of model and guide, but not around the data, tempers the divergence from the prior, as in annealing.
 */
export class TraceELBO extends Elbo {
  readonly stickTheLanding: boolean;
  private hasWarned = false;

  /** @throws TypeError or RangeError for options that are unknown or out of range. */
  constructor(options: TraceElboOptions = {}) {
    const { stickTheLanding = false } = options;
    super('infer.TraceELBO', options, { options: ['stickTheLanding'], detachGuide: stickTheLanding });
    this.stickTheLanding = stickTheLanding;
  }

  protected override estimate(particles: Particles): Scalar {
    return average(particles, (particle) => {
      const sites = allSites(particle);
      const scored = this.stickTheLanding ? sites.guide.find(needsScore) : undefined;
      if (scored !== undefined) throw cannotStick(scored);
      this.warnOfBaselines(sites.guide);
      return surrogate(particle, (site) => scoreTerm(site, reward(site, sites)));
    });
  }

  /** Once: a baseline that goes unused is noise that nobody hears of. */
  private warnOfBaselines(guide: readonly SampleSite[]): void {
    if (this.hasWarned) return;
    const site = guide.find((candidate) => candidate.infer['baseline'] !== undefined && needsScore(candidate));
    if (site === undefined) return;
    this.hasWarned = true;
    warn(`infer.TraceELBO: site "${site.name}" of the guide has a baseline, which only infer.TraceGraphELBO uses; take that as the loss`);
  }

  protected override value(particles: Particles): Scalar {
    return average(particles, negativeElbo);
  }
}

/** log q - log p. */
function negativeElbo({ guide, model }: Particle): Scalar {
  return difference(addUp(guide.sampleSites().map(totalLogProb)), addUp(model.sampleSites().map(totalLogProb)));
}

/**
 * log q - log p, with the gradient of -ELBO.
 *
 * @param scoreOf - for a site whose draws are not reparameterised: what to add to the ELBO for its gradient.
 */
export function surrogate(particle: Particle, scoreOf: (site: SampleSite) => Scalar): Scalar {
  const sites = particle.guide.sampleSites();
  const logP = addUp(particle.model.sampleSites().map(totalLogProb));
  const loss = difference(addUp(sites.map(totalLogProb)), logP);
  const scored = sites.filter(needsScore);
  if (scored.length === 0) return loss;
  const pathwise = addUp(sites.filter((site) => !needsScore(site)).map(totalLogProb));
  return withGradientOf(loss, difference(pathwise, addUp([logP, ...scored.map(scoreOf)])));
}

function cannotStick(site: SampleSite): SiteError {
  return new SiteError(
    site,
    `the guide draws it from ${site.distribution.name}, whose draws are not reparameterised, as stickTheLanding needs them to ` +
      'be; leave the option out',
  );
}
