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
import type { Transform } from '../../../transforms/transform.ts';
import { feasibleValue } from '../../../transforms/feasible.ts';
import type { RandomStream } from '../../../random/stream.ts';
import { sizeOf } from '../../../util/shape.ts';
import { withoutTensors } from '../../guides/withoutTensors.ts';
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
  /** From unconstrained space onto its support, if that is the same in every run; null where tensors bound it. */
  readonly transform: Transform | null;
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

/** Whether plates that subsample are refused, or the sites in them that are latent: of those every step would see others. */
export type Subsampling = 'refused' | 'of data';

/**
 * Runs the model once to find its latent sites. What a handler inside of the model's call gives a value, `substitute` say, is
 * not latent, nor is what a handler around the sampler observes or intervenes on.
 *
 * @throws SiteError for a discrete latent site, or for subsampling that is refused: there is no density to follow then.
 * @throws Error when the model has no latent sites.
 */
export function findLatentSites(model: Model, args: readonly unknown[], stream: RandomStream, subsampling: Subsampling = 'refused'): LatentSites {
  const feasible = new FeasibleValues();
  const trace = traceOf(() => feasible.run(() => new SeedHandler({ seed: stream }).run(() => model(...(args as never[])))));
  try {
    if (subsampling === 'refused') refuseSubsampling(trace);
    else refuseSubsampledSites(trace, feasible.latent);
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
    const { support } = distribution;
    const transform = biject(support);
    const unconstrainedShape = tf.tidy(() => [...transform.inverse(value).shape]);
    const size = sizeOf(unconstrainedShape);
    const site = { name, shape: [...value.shape], unconstrainedShape, offset, size, transform: withoutTensors(support) === support ? transform : null };
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

function refuseSubsampledSites(trace: Trace, latent: readonly Answered[]): void {
  const names = new Set(latent.map(({ name }) => name));
  for (const site of trace.stochasticSites()) {
    const plate = site.plates.find(({ size, subsampleSize }) => size !== subsampleSize);
    if (plate === undefined || !names.has(site.name)) continue;
    throw new SiteError(
      site,
      `is latent and stands in plate "${plate.name}", which subsamples ${plate.subsampleSize} of ${plate.size}: every step would see other ` +
        'values of it. Sample it in a plate in full and gather those of the batch, or sum it out of the model',
    );
  }
}
