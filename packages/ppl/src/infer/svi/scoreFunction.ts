/** @file The score-function estimator of gradients, for draws that are no differentiable functions of the parameters. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { PlateFrame } from '../../runtime/message.ts';
import type { SampleSite } from '../../runtime/site.ts';
import { scaleAndMask } from '../../runtime/siteLogProb.ts';
import { detach } from './gradients.ts';
import type { Particle } from './particle.ts';
import { sumOf } from './total.ts';

/** Whether the gradient by a site's parameters needs the score function: it was drawn, and not by reparameterisation. */
export function needsScore(site: SampleSite): boolean {
  return !site.isObserved && !site.distribution.hasRsample;
}

/**
 * A quantity whose gradient is Σ (log p - log q) ∇ log q over the elements of `site`, a term of the gradient of the ELBO
 * (Williams 1992; equation 3 of Ranganath, Gerrish and Blei, "Black box variational inference", AISTATS 2014).
 *
 * An element's factor leaves out what belongs to the other elements of a plate around it, which it cannot influence. The
 * scale is in log p - log q and so must not be in ∇ log q again; a mask must be in both.
 */
export function scoreTerm(site: SampleSite, { guide, model }: Particle): Scalar {
  const parts = [
    ...model.sampleSites().map((other) => outsideOf(other, site)),
    ...guide.sampleSites().map((other) => tf.neg(outsideOf(other, site))),
  ];
  const reward = parts.reduce((a, b) => tf.add(a, b));
  const score = scaleAndMask(site.unscaledLogProb, 1, site.mask);
  return sumOf(tf.mul(detach(reward), score));
}

/** The log-density of `other`, summed over all dimensions but those of the plates that it shares with `site`. */
function outsideOf(other: SampleSite, site: SampleSite): Tensor {
  const { logProb } = other;
  const shared = other.plates.filter((frame) => frame.dim !== null && site.plates.some((own) => samePlate(own, frame)));
  const kept = new Set(shared.map((frame) => logProb.rank + (frame.dim ?? 0)));
  const summed = logProb.shape.map((_, axis) => axis).filter((axis) => !kept.has(axis));
  return summed.length === 0 ? logProb : tf.sum(logProb, summed, true);
}

function samePlate(a: PlateFrame, b: PlateFrame): boolean {
  return a.name === b.name && a.dim === b.dim;
}
