/** @file The latent sites of a model, as its guide needs to know them: plain data, no tensors. */
import type { Constraint } from '../../constraints/constraint.ts';
import { sameStructure } from '../../constraints/same.ts';
import type { RandomStream } from '../../random/stream.ts';
import type { InferConfig, PlateFrame } from '../../runtime/message.ts';
import type { SampleSite } from '../../runtime/site.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { biject } from '../../transforms/biject.ts';
import type { Transform } from '../../transforms/transform.ts';
import type { Shape } from '../../util/shape.ts';
import { withValidation } from '../../util/validation.ts';
import { InitHandler } from '../initialisation/initHandler.ts';
import type { SiteInit } from '../initialisation/siteInit.ts';
import { initToFeasible, initToUniform } from '../initialisation/strategies.ts';
import { atFullSize } from './fullSize.ts';
import type { InitialValue } from './initialPoint.ts';
import { latentTrace, withoutRemains } from './latentTrace.ts';
import { withoutTensors } from './withoutTensors.ts';

/** One latent site of a model. Shapes count plates in full, also where the model subsamples. */
export interface GuideSite {
  readonly name: string;
  readonly support: Constraint;
  /** From unconstrained space onto the support. */
  readonly transform: Transform;
  /** Whether the support depends on other latent sites. Then it is the one that the site had in some run. */
  readonly hasMovingSupport: boolean;
  /** Shape of the value, and how many of its last dimensions are one event. */
  readonly shape: Shape;
  readonly eventDim: number;
  /** The same for the value in unconstrained space: that of a simplex is one shorter than the simplex. */
  readonly unconstrainedShape: Shape;
  readonly unconstrainedEventDim: number;
  /** The plates around the site, outermost first. */
  readonly plates: readonly PlateFrame[];
  /** The notes of the statement. */
  readonly infer: InferConfig;
  /** The initial value; it is looked for when it is first asked for. */
  readonly initial: () => InitialValue;
}

/** The initial value of the site called `name`. */
type Initial = (name: string) => InitialValue;

/**
 * Runs `model` once, on values of no meaning, and describes its latent sites in the order in which it meets them; and some times
 * more, if tensors bound a support. No tensors are left.
 *
 * @throws SiteError when a latent site is discrete, has a support that depends on draws that are no latent sites, or stands in a
 * subsampled plate that is looped over.
 */
export function findGuideSites(model: () => unknown, stream: RandomStream, initial: Initial): GuideSite[] {
  const found = prototype(model, initToFeasible(), stream, initial);
  const sites = found.map(({ site }) => site);
  return found.some(({ hasTensorBounds }) => hasTensorBounds) ? withMovingSupports(model, sites, stream, initial) : sites;
}

/** The names of the latent sites of `model`, of whatever kind. It is run once, on values of no meaning. */
export function latentNames(model: () => unknown, stream: RandomStream): string[] {
  return latentSites(model, initToFeasible(), stream, ({ name }) => name);
}

interface Found {
  readonly site: GuideSite;
  readonly hasTensorBounds: boolean;
}

function prototype(model: () => unknown, strategy: SiteInit, stream: RandomStream, initial: Initial): Found[] {
  return latentSites(model, strategy, stream, (site) => describe(site, initial));
}

function latentSites<R>(model: () => unknown, strategy: SiteInit, stream: RandomStream, read: (site: SampleSite) => R): R[] {
  // Parameters of distributions may be nonsense where latent sites have values of no meaning: shapes and supports are not.
  return withValidation(false, () =>
    withoutRemains(() => latentTrace(model, new InitHandler(strategy), stream).stochasticSites().map(read)),
  );
}

function describe(site: SampleSite, initial: Initial): Found {
  refuse(site);
  const { name, distribution, plates, infer } = site;
  const given = distribution.support;
  const support = withoutTensors(given);
  const transform = biject(support);
  const { shape } = atFullSize(site, site.value);
  const eventDim = distribution.eventShape.length;
  const unconstrainedShape = transform.inverseShape(shape);
  return {
    site: {
      name,
      support,
      transform,
      hasMovingSupport: false,
      shape,
      eventDim,
      unconstrainedShape,
      unconstrainedEventDim: unconstrainedShape.length - (shape.length - eventDim),
      plates,
      infer,
      initial: () => initial(name),
    },
    hasTensorBounds: support !== given,
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

/**
 * Tensors that bound a support may be data, or have come from other latent sites, or from draws that are none: then they move when
 * these do.
 */
function withMovingSupports(model: () => unknown, sites: readonly GuideSite[], stream: RandomStream, initial: Initial): GuideSite[] {
  const others = stream.fold('other values');
  const moves = differences(sites, prototype(model, initToUniform(), others, initial));
  if (moves.size === 0) return [...sites];
  const [strange] = differences(sites, prototype(model, initToFeasible(), others, initial));
  if (strange !== undefined) {
    throw new SiteError(
      { type: 'sample', name: strange.name },
      `its support, ${strange.support.name}, depends on draws that are no latent sites of this guide, which it cannot follow. Let one ` +
        'guide see to all of them; or sample a site of fixed support and compute the value from it, as in a * u with u uniform on ' +
        '(0, 1) instead of uniform on (0, a)',
    );
  }
  return sites.map((site) => ({ ...site, hasMovingSupport: moves.has(site) }));
}

/** The sites that had other supports in another run. */
function differences(sites: readonly GuideSite[], others: readonly Found[]): Set<GuideSite> {
  const supports = new Map(others.map(({ site }) => [site.name, site.support]));
  return new Set(
    sites.filter(({ name, support }) => {
      const other = supports.get(name);
      return other !== undefined && !sameStructure(support, other);
    }),
  );
}
