/** @file The latent sites of a model, and how they lie in one flat unconstrained vector. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../../distributions/distribution.ts';
import { SeedHandler } from '../../../handlers/seed.ts';
import { traceOf } from '../../../handlers/trace.ts';
import { Handler } from '../../../runtime/handler.ts';
import type { Message, SampleMessage } from '../../../runtime/message.ts';
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

/** The sites of a model that nobody but the sampler gives a value. */
export interface LatentSites {
  /** In the order in which the model meets them. */
  readonly sites: readonly LatentSite[];
  /** Names of the others that have no value yet where the sampler meets them: handlers around it see to them. */
  readonly leftToOthers: ReadonlySet<string>;
}

/** A message that has an answer, with the name under which it was met first: handlers farther out may have changed it. */
interface Answered {
  readonly name: string;
  readonly distribution: Distribution;
  readonly value: Tensor;
}

/** Gives latent sites some value of their support, so that even improper ones can be met. */
class FeasibleValues extends Handler {
  readonly latent: Answered[] = [];
  readonly leftToOthers: Set<string> = new Set();
  private readonly pending: Map<Message, Pick<Answered, 'name' | 'value'>> = new Map();

  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== null) return;
    message.value = feasibleValue(message.distribution);
    this.pending.set(message, { name: message.name, value: message.value });
  }

  override postprocess(message: Message): void {
    const given = this.pending.get(message);
    if (given === undefined || message.type !== 'sample') return;
    if (message.isObserved || message.value !== given.value) {
      this.leftToOthers.add(given.name);
      return;
    }
    refuseDiscrete(message);
    this.latent.push({ ...given, distribution: message.distribution });
  }
}

/**
 * Runs the model once to find its latent sites. What a handler inside of the model's call gives a value, `substitute` say, is
 * not latent, nor is what a handler around the sampler observes or intervenes on.
 *
 * @throws SiteError for a discrete latent site or a plate that subsamples: neither has a density to follow.
 * @throws Error when the model has no latent sites.
 */
export function findLatentSites(model: Model, args: readonly unknown[], stream: RandomStream): LatentSites {
  const feasible = new FeasibleValues();
  const trace = traceOf(() => feasible.run(() => new SeedHandler({ seed: stream }).run(() => model(...(args as never[])))));
  try {
    refuseSubsampling(trace);
    return { sites: layOut(feasible.latent), leftToOthers: feasible.leftToOthers };
  } finally {
    trace.dispose();
  }
}

function layOut(sites: readonly Answered[]): LatentSite[] {
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
