/** @file The ELBO by sampling alone, for any guide. */
import type { Scalar } from '@tensorflow/tfjs-core';
import type { ElboOptions } from './elbo.ts';
import { Elbo } from './elbo.ts';
import { withGradientOf } from './gradients.ts';
import type { Particle } from './particle.ts';
import { needsScore, scoreTerm } from './scoreFunction.ts';
import { addUp, difference, totalLogProb } from './total.ts';

/**
 * The ELBO, E_q[log p(x, z) - log q(z)], estimated from draws of the guide.
 *
 * Gradients are pathwise for sites whose draws are reparameterised (Kingma and Welling, ICLR 2014) and by the score
 * function for the others, whose ∇ log q alone, of expectation zero, is left out.
 */
export class TraceELBO extends Elbo {
  /** @throws TypeError, RangeError or Error for options that are unknown, out of range or not to be had. */
  constructor(options: ElboOptions = {}) {
    super('infer.TraceELBO', options);
  }

  protected override estimate(particle: Particle): Scalar {
    const sites = particle.guide.sampleSites();
    const logP = addUp(particle.model.sampleSites().map(totalLogProb));
    const loss = difference(addUp(sites.map(totalLogProb)), logP);
    const scored = sites.filter(needsScore);
    if (scored.length === 0) return loss;
    const pathwise = addUp(sites.filter((site) => !needsScore(site)).map(totalLogProb));
    const elbo = addUp([logP, ...scored.map((site) => scoreTerm(site, particle))]);
    return withGradientOf(loss, difference(pathwise, elbo));
  }
}
