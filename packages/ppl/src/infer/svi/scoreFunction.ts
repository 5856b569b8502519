/** @file The score-function estimator of gradients, for draws that are no differentiable functions of the parameters. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { PlateFrame } from '../../runtime/message.ts';
import type { SampleSite } from '../../runtime/site.ts';
import { siteLogDensity } from '../../runtime/siteLogProb.ts';
import { detach } from './gradients.ts';
import type { Particle } from './particle.ts';
import { sumExcept, sumOf } from './total.ts';

/** Whether the gradient by a site's parameters needs the score function: it was drawn, and not by reparameterisation. */
export function needsScore(site: SampleSite): boolean {
  return !site.isObserved && !site.distribution.hasRsample;
}

/** Sites of a run. */
export interface Sites {
  readonly guide: readonly SampleSite[];
  readonly model: readonly SampleSite[];
}

/** All sites of a run. */
export function allSites({ guide, model }: Particle): Sites {
  return { guide: guide.sampleSites(), model: model.sampleSites() };
}

/**
 * log p - log q, as far as the draws of `site` may have influenced it: over the sites given, without what belongs to the
 * other elements of a plate around `site`.
 *
 * @returns the lengths of the plates around `site` at their dimensions, and elsewhere one; constant to differentiation.
 */
export function reward(site: SampleSite, { guide, model }: Sites): Tensor {
  const gains = model.map((other) => outsideOf(other, site));
  const costs = guide.map((other) => tf.neg(outsideOf(other, site)));
  const sum = [...gains, ...costs].reduce((a, b) => tf.add(a, b));
  // Leading ones come from sites with more dimensions.
  const depth = Math.max(0, ...site.plates.map(({ dim }) => -(dim ?? 0)));
  return detach(sum.rank > depth ? tf.reshape(sum, sum.shape.slice(sum.rank - depth)) : sum);
}

/**
 * A quantity whose gradient is Σ reward · ∇ log q over the elements of `site`, a term of the gradient of the ELBO
 * (Williams 1992; equation 3 of Ranganath, Gerrish and Blei, "Black box variational inference", AISTATS 2014).
 */
export function scoreTerm(site: SampleSite, rewards: Tensor): Scalar {
  return sumOf(tf.mul(rewards, drawLogProb(site)));
}

/**
 * log q of what was drawn, elementwise over the batch shape. Neither scale nor mask is in it: they weigh a site's part in the
 * reward, but the draw itself does not depend on them.
 */
export function drawLogProb(site: SampleSite): Tensor {
  const { type, name, distribution, value, mask } = site;
  return mask === null || mask === true ? site.unscaledLogProb : siteLogDensity({ type, name, distribution, value, mask: null });
}

/** The log-density of `other`, summed over all dimensions but those of the plates that it shares with `site`. */
function outsideOf(other: SampleSite, site: SampleSite): Tensor {
  const shared = other.plates.filter((frame) => site.plates.some((own) => samePlate(own, frame)));
  return sumExcept(other.logProb, new Set(shared.map(({ dim }) => dim ?? 0)));
}

/** Whether two sites stand in the same vectorised plate. */
export function samePlate(a: PlateFrame, b: PlateFrame): boolean {
  return a.dim !== null && a.name === b.name && a.dim === b.dim;
}
