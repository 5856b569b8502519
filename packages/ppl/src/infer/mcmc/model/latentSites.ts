/** @file The latent sites of a model, and how they lie in one flat unconstrained vector. */
import * as tf from '@tensorflow/tfjs-core';
import { SeedHandler } from '../../../handlers/seed.ts';
import { traceOf } from '../../../handlers/trace.ts';
import { Handler } from '../../../runtime/handler.ts';
import type { Message, SampleMessage } from '../../../runtime/message.ts';
import type { SampleSite } from '../../../runtime/site.ts';
import { SiteError } from '../../../runtime/siteError.ts';
import type { Trace } from '../../../runtime/trace.ts';
import { biject } from '../../../transforms/biject.ts';
import { feasibleValue } from '../../../transforms/feasible.ts';
import type { RandomStream } from '../../../random/stream.ts';
import { sizeOf } from '../../../util/shape.ts';
import type { Model } from '../target.ts';

/** One latent site's place in the flat vector. */
export interface LatentSite {
  readonly name: string;
  /** Shape of its value. */
  readonly shape: readonly number[];
  /** Shape of the value in unconstrained space: that of a simplex is one shorter than the simplex. */
  readonly unconstrainedShape: readonly number[];
  /** Its coordinates are `offset .. offset + size - 1`. */
  readonly offset: number;
  readonly size: number;
}

/** Gives latent sites some value of their support, so that even improper ones can be met. */
class FeasibleValues extends Handler {
  /** The sites that nobody else gave a value. */
  readonly latent: Set<string> = new Set();

  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== null) return;
    refuseDiscrete(message);
    message.value = feasibleValue(message.distribution);
    this.latent.add(message.name);
  }
}

/**
 * Runs the model once to find its latent sites, in the order in which it meets them. What a handler like `substitute` gives
 * a value is not latent.
 *
 * @throws SiteError for a discrete latent site or a plate that subsamples: neither has a density to follow.
 * @throws Error when the model has no latent sites.
 */
export function findLatentSites(model: Model, args: readonly unknown[], stream: RandomStream): LatentSite[] {
  const feasible = new FeasibleValues();
  const trace = traceOf(() => feasible.run(() => new SeedHandler({ seed: stream }).run(() => model(...(args as never[])))));
  try {
    refuseSubsampling(trace);
    return layOut(trace.stochasticSites().filter(({ name }) => feasible.latent.has(name)));
  } finally {
    trace.dispose();
  }
}

function layOut(sites: readonly SampleSite[]): LatentSite[] {
  if (sites.length === 0) {
    throw new Error('the model has no latent sites: there is nothing to sample. Every sample statement of it is observed or given a value.');
  }
  let offset = 0;
  return sites.map(({ name, distribution, value }) => {
    const unconstrainedShape = tf.tidy(() => [...biject(distribution.support).inverse(value).shape]);
    const size = sizeOf(unconstrainedShape);
    const site = { name, shape: [...value.shape], unconstrainedShape, offset, size };
    offset += size;
    return site;
  });
}

function refuseDiscrete(message: SampleMessage): void {
  if (!message.distribution.isDiscrete) return;
  throw new SiteError(
    message,
    `is discrete (${message.distribution.name}) and latent; HMC and NUTS follow gradients and cannot sample it. Observe it, or ` +
      'sum it out of the model with tf.logSumExp over its outcomes and factor()',
  );
}

function refuseSubsampling(trace: Trace): void {
  for (const plate of trace.plateSites()) {
    if (plate.size === plate.subsampleSize) continue;
    throw new SiteError(plate, `subsamples ${plate.subsampleSize} of ${plate.size}; HMC and NUTS need the whole log density. Leave subsampleSize out`);
  }
}
