/** @file The ELBO with less noise in the gradients of draws that are not reparameterised. */
import type { Scalar } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { SampleSite } from '../../runtime/site.ts';
import { Baselines } from './baselines.ts';
import { downstream } from './downstream.ts';
import type { ElboOptions } from './elbo.ts';
import { Elbo } from './elbo.ts';
import type { Particle } from './particle.ts';
import type { Particles } from './particles.ts';
import { average } from './particles.ts';
import { reward, scoreTerm } from './scoreFunction.ts';
import { surrogate } from './traceElbo.ts';

/**
 * The ELBO of {@link TraceELBO}, with two means against the noise of the score function: the reward of a draw leaves out
 * what was settled before it, and a baseline, which the site asks for, is subtracted from the rest:
 *
 * ```ts
 * sample('z', dist.bernoulli({ probs }), { infer: { baseline: { decayingAverage: true } } });
 * ```
 *
 * Where all draws are reparameterised it is the same as {@link TraceELBO}. A decaying average is kept in the parameter store
 * as `__baseline_avg_SITE`; it moves at each step, outside of what is differentiated, so that it needs `engine: 'eager'`.
 *
 * Source: Schulman, Heess, Weber and Abbeel, "Gradient estimation using stochastic computation graphs" (NeurIPS 2015); Mnih
 * and Gregor, "Neural variational inference and learning in belief networks" (ICML 2014).
 */
export class TraceGraphELBO extends Elbo {
  /** @throws TypeError or RangeError for options that are unknown or out of range. */
  constructor(options: ElboOptions = {}) {
    super('infer.TraceGraphELBO', options);
  }

  protected override estimate(particles: Particles): Scalar {
    const baselines = new Baselines(particles.dim);
    const loss = withBaselines(particles, baselines);
    baselines.update();
    return loss;
  }

  /** The same parameters are read as for the gradient, but averages do not move. */
  protected override value(particles: Particles): Scalar {
    return withBaselines(particles, new Baselines(particles.dim));
  }
}

function withBaselines(particles: Particles, baselines: Baselines): Scalar {
  return average(particles, (particle) => surrogate(particle, (site) => scoreWithBaseline(site, particle, baselines)));
}

function scoreWithBaseline(site: SampleSite, particle: Particle, baselines: Baselines): Scalar {
  const rewards = reward(site, downstream(site, particle));
  const baseline = baselines.of(site, rewards);
  if (baseline === null) return scoreTerm(site, rewards);
  const score = scoreTerm(site, tf.sub(rewards, baseline.value));
  // The ELBO is to grow, the error to shrink.
  return baseline.error === null ? score : tf.sub(score, baseline.error);
}
