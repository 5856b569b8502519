/** @file The latent sites of a model, as its guide needs to know them: plain data, no tensors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../../constraints/constraint.ts';
import { sameStructure } from '../../constraints/same.ts';
import { SeedHandler } from '../../handlers/seed.ts';
import type { RandomStream } from '../../random/stream.ts';
import type { PlateFrame } from '../../runtime/message.ts';
import type { SampleSite } from '../../runtime/site.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { biject } from '../../transforms/biject.ts';
import type { Transform } from '../../transforms/transform.ts';
import type { Shape } from '../../util/shape.ts';
import { withValidation } from '../../util/validation.ts';
import { InitHandler } from '../initialisation/initHandler.ts';
import type { SiteInit } from '../initialisation/siteInit.ts';
import { initToFeasible, initToUniform } from '../initialisation/strategies.ts';
import { traceProgram } from '../programTrace.ts';
import { withoutTensors } from './withoutTensors.ts';

/** One latent site of a model. Shapes count plates in full, also where the model subsamples. */
export interface GuideSite {
  readonly name: string;
  readonly support: Constraint;
  /** From unconstrained space onto the support. */
  readonly transform: Transform;
  /** Shape of the value, and how many of its last dimensions are one event. */
  readonly shape: Shape;
  readonly eventDim: number;
  /** The same for the value in unconstrained space: that of a simplex is one shorter than the simplex. */
  readonly unconstrainedShape: Shape;
  readonly unconstrainedEventDim: number;
  /** The plates around the site, outermost first. */
  readonly plates: readonly PlateFrame[];
  /** The initial value, in row-major order; found when it is first asked for. */
  readonly initial: Float32Array;
}

/**
 * Runs `model` once, on values of no meaning, and describes its latent sites in the order in which it meets them. No tensors
 * are left.
 *
 * @param initial - the initial value of a site, for whoever asks for it.
 * @throws SiteError when a latent site is discrete, has a support that depends on other latent sites, or stands in a
 * subsampled plate that is looped over.
 */
export function findGuideSites(model: () => unknown, stream: RandomStream, initial: (name: string) => Float32Array): GuideSite[] {
  const sites = prototype(model, initToFeasible(), stream, initial);
  if (sites.some(({ hasTensorBounds }) => hasTensorBounds)) checkSupports(model, sites, stream);
  return sites.map(({ site }) => site);
}

/** The names of the latent sites of `model`, of whatever kind. It is run once, on values of no meaning. */
export function latentNames(model: () => unknown, stream: RandomStream): string[] {
  return withValidation(false, () => latentSites(model, initToFeasible(), stream, ({ name }) => name));
}

/**
 * Runs `model` once, from the values that `strategy` gives its latent sites, and returns these by name, with plates in full.
 *
 * @throws SiteError for a value that does not fit.
 */
export function initialValues(model: () => unknown, strategy: SiteInit, stream: RandomStream): Map<string, Float32Array> {
  const read = (site: SampleSite): [string, Float32Array] => {
    const value = tf.cast(atFullSize(site), 'float32');
    return [site.name, (value.dataSync() as Float32Array).slice()];
  };
  return new Map(latentSites(model, strategy, stream, read));
}

interface Found {
  readonly site: GuideSite;
  readonly hasTensorBounds: boolean;
}

function prototype(model: () => unknown, strategy: SiteInit, stream: RandomStream, initial: (name: string) => Float32Array): Found[] {
  // Parameters of distributions may be nonsense where latent sites have values of no meaning: shapes and supports are not.
  return withValidation(false, () => latentSites(model, strategy, stream, (site) => describe(site, initial)));
}

function latentSites<R>(model: () => unknown, strategy: SiteInit, stream: RandomStream, read: (site: SampleSite) => R): R[] {
  const engine = tf.engine();
  engine.startScope('guide');
  try {
    const seeded = (): unknown => new SeedHandler({ seed: stream }).run(model);
    const trace = traceProgram(() => new InitHandler(strategy).run(seeded));
    return trace.stochasticSites().map(read);
  } finally {
    engine.endScope([]);
  }
}

function describe(site: SampleSite, initial: (name: string) => Float32Array): Found {
  refuse(site);
  const { name, distribution, plates } = site;
  const support = withoutTensors(distribution.support);
  const transform = biject(support);
  const { shape } = atFullSize(site);
  const eventDim = distribution.eventShape.length;
  const unconstrainedShape = transform.inverseShape(shape);
  return {
    site: {
      name,
      support,
      transform,
      shape,
      eventDim,
      unconstrainedShape,
      unconstrainedEventDim: unconstrainedShape.length - (shape.length - eventDim),
      plates,
      get initial() {
        return initial(name);
      },
    },
    hasTensorBounds: support !== distribution.support,
  };
}

function refuse(site: SampleSite): void {
  if (site.distribution.isDiscrete) {
    throw new SiteError(
      site,
      `is discrete (${site.distribution.name}) and latent; this guide moves values continuously and cannot guide it. Sum it out of ` +
        'the model, observe it, or hide it from the guide (handlers.block(model, { hide: [...] })) and sample it in a guide ' +
        'of your own',
    );
  }
  const looped = site.plates.find((frame) => frame.dim === null && frame.size !== frame.subsampleSize);
  if (looped !== undefined) {
    throw new SiteError(
      site,
      `stands in plate "${looped.name}", which is looped over and subsamples: a guide cannot know the sites that this run left ` +
        'out. Use plate() with indices instead of plateLoop()',
    );
  }
}

/** The value of a site, repeated along the dimensions of subsampled plates until these are full. */
function atFullSize({ value, plates, distribution }: SampleSite): Tensor {
  let result = value;
  for (const { dim, size, subsampleSize } of plates) {
    if (dim === null || size === subsampleSize) continue;
    const axis = result.rank - distribution.eventShape.length + dim;
    const indices = Int32Array.from({ length: size }, (_, i) => i % subsampleSize);
    result = tf.gather(result, tf.tensor1d(indices, 'int32'), axis);
  }
  return result;
}

/** Tensors that bound a support may be data, or may have come from other latent sites: then they move when these do. */
function checkSupports(model: () => unknown, sites: readonly Found[], stream: RandomStream): void {
  const moved = prototype(model, initToUniform(), stream.fold('other values'), () => new Float32Array(0));
  sites.forEach(({ site }, i) => {
    const again = moved[i]?.site;
    if (again === undefined || sameStructure(site.support, again.support)) return;
    throw new SiteError(
      { type: 'sample', name: site.name },
      `its support, ${site.support.name}, depends on other latent sites, which this guide cannot follow; sample a site of fixed ` +
        'support and compute the value from it, as in a * u with u uniform on (0, 1) instead of uniform on (0, a)',
    );
  });
}
