/** @file What all automatic guides share: finding the model's latent sites, and sampling each inside of its plates. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import { warnOfUnused } from '../../handlers/data.ts';
import { ReplayHandler } from '../../handlers/replay.ts';
import { TraceHandler } from '../../handlers/trace.ts';
import { PlateHandler } from '../../plate.ts';
import { randomStream } from '../../primitives.ts';
import type { Handler } from '../../runtime/handler.ts';
import type { Stack } from '../../runtime/stack.ts';
import { currentStack, withStack } from '../../runtime/stack.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { checkOptions } from '../../util/options.ts';
import type { Shape } from '../../util/shape.ts';
import { format, sameShape } from '../../util/shape.ts';
import type { SiteInit } from '../initialisation/siteInit.ts';
import { initToConstant, initToMedian, initToValue } from '../initialisation/strategies.ts';
import { Callable } from './callable.ts';
import type { Subsamples } from './guidePlates.ts';
import { GuidePlates } from './guidePlates.ts';
import type { GuideSite } from './guideSite.ts';
import { findGuideSites } from './guideSite.ts';

/** Where sites begin: a value for all, values by site, or a strategy such as `infer.initToMedian()`. */
export type InitLoc = number | Readonly<Record<string, Tensor | TensorLike>> | SiteInit;

export interface AutoGuideOptions<A extends unknown[]> {
  /** In the support of each site; `infer.initToMedian()` by default, also for sites that a record leaves out. */
  readonly initLoc?: InitLoc;
  /** Begins the names of the guide's parameters; the guide's class by default. Guides in one store need different ones. */
  readonly prefix?: string;
  /** The elements that the model's plates take, by plate, where the model is told so by its arguments. */
  readonly subsample?: (...args: A) => Subsamples;
}

/** A value for each latent site, by name. */
export type SiteValues = Record<string, Tensor>;

/**
 * A guide made from its model: a function of the model's arguments that samples all latent sites of the model, and returns
 * their values by name.
 *
 * When it is first needed it runs the model once to find the latent sites, under the handlers in force, so that what
 * `condition` observes is not guided.
 */
export abstract class AutoGuide<A extends unknown[]> extends Callable<A, SiteValues> {
  readonly model: (...args: A) => unknown;
  readonly prefix: string;
  private readonly className: string;
  private readonly options: AutoGuideOptions<A>;
  private sites: readonly GuideSite[] | null = null;

  /** @throws TypeError when the model is not a function, or for unknown options. */
  protected constructor(
    className: string,
    model: (...args: A) => unknown,
    options: AutoGuideOptions<A>,
    furtherOptions: readonly string[] = [],
  ) {
    super();
    this.className = `guides.${className}`;
    if (typeof model !== 'function') throw new TypeError(`${this.className}: model must be a function, got ${typeof model}`);
    checkOptions(this.className, options, ['initLoc', 'prefix', 'subsample', ...furtherOptions]);
    this.model = model;
    this.prefix = options.prefix ?? className;
    this.options = options;
  }

  /** The statements that sample one site, inside of its plates. */
  protected abstract sampleSite(site: GuideSite): Tensor;

  /** The value in the middle of what the guide believes of one site: shape `site.shape`. */
  protected abstract medianOf(site: GuideSite): Tensor;

  /** Samples all latent sites. */
  protected override run(...args: A): SiteValues {
    // Handlers, if there are any, may want the tensors behind the values too: the parameters of their distributions.
    return currentStack() === null ? tf.tidy(() => this.sampleAll(args)) : this.sampleAll(args);
  }

  private sampleAll(args: A): SiteValues {
    const sites = this.setUp(args);
    const plates = new GuidePlates(this.options.subsample?.(...args));
    return byName(sites, (site) => plates.within(site.plates, () => this.sampleSite(site)));
  }

  /**
   * The medians of all latent sites, each element by itself, with plates in full. The caller disposes them.
   *
   * @param args - the model's arguments; not needed once the guide has been used.
   */
  median(...args: A | []): SiteValues {
    const sites = this.setUp(args);
    return tf.tidy(() => byName(sites, (site) => this.medianOf(site)));
  }

  /** One draw of all latent sites. The caller disposes it. @param args - the model's arguments. */
  samplePosterior(...args: A | []): SiteValues {
    this.setUp(args);
    return tf.tidy(() => this.sampleAll(args as A));
  }

  /**
   * The latent sites of the model. The first call runs the model with `args`.
   *
   * @throws SiteError for a site that this guide cannot guide, or whose initial value does not fit.
   */
  protected setUp(args: A | []): readonly GuideSite[] {
    if (this.sites !== null) return this.sites;
    if (args.length < this.model.length) {
      throw new Error(
        `${this.className}: it has not seen the model run yet, and the model takes ${this.model.length} argument(s); give them here, ` +
          'or train the guide first',
      );
    }
    const stream = randomStream(`${this.prefix}.init`);
    const stack = without(currentStack(), isOfGuideOnly);
    const strategy = strategyOf(this.options.initLoc);
    const sites = withStack(stack, () => findGuideSites(() => this.model(...(args as A)), strategy, stream));
    this.checkSites(sites);
    this.sites = sites;
    return sites;
  }

  /** Looks at the sites that were found, once. */
  protected checkSites(sites: readonly GuideSite[]): void {
    this.warnOfUnknown('initLoc', this.options.initLoc, sites);
  }

  /** Warns when `option` is a record with names that are no latent sites. */
  protected warnOfUnknown(option: string, value: unknown, sites: readonly GuideSite[]): void {
    if (typeof value !== 'object' || value === null) return;
    const names = new Set(sites.map((site) => site.name));
    warnOfUnused(`${this.className}: ${option}`, 'latent site', value, names, names);
  }

  /** @throws SiteError when a parameter does not have the shape that its site has now. */
  protected checkParam(site: GuideSite, value: Tensor, shape: Shape): void {
    if (sameShape(value.shape, shape) || site.plates.some((frame) => frame.size !== frame.subsampleSize)) return;
    throw new SiteError(
      { type: 'sample', name: site.name },
      `the guide's parameter has shape ${format(value.shape)}, but needs ${format(shape)}. The parameter store holds the guide of ` +
        `another model: clear it, or give one guide another name with { prefix: '...' } (this one's is "${this.prefix}")`,
    );
  }
}

function strategyOf(initLoc: InitLoc = initToMedian()): SiteInit {
  if (typeof initLoc === 'function') return initLoc;
  return typeof initLoc === 'number' ? initToConstant(initLoc) : initToValue(initLoc, initToMedian());
}

/** What surrounds the guide but must not see the model's run, or shape it. */
function isOfGuideOnly(handler: Handler): boolean {
  return handler instanceof TraceHandler || handler instanceof ReplayHandler || handler instanceof PlateHandler;
}

function without(stack: Stack, drops: (handler: Handler) => boolean): Stack {
  if (stack === null) return null;
  const outer = without(stack.outer, drops);
  return drops(stack.handler) ? outer : { handler: stack.handler, outer };
}

function byName(sites: readonly GuideSite[], value: (site: GuideSite) => Tensor): SiteValues {
  return Object.fromEntries(sites.map((site) => [site.name, value(site)]));
}
