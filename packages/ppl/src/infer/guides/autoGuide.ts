/** @file What all automatic guides share: finding the model's latent sites, and where they begin. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import { warnOfUnused } from '../../handlers/data.ts';
import { randomStream } from '../../primitives.ts';
import type { RandomStream } from '../../random/stream.ts';
import type { Stack } from '../../runtime/stack.ts';
import { currentStack, withStack } from '../../runtime/stack.ts';
import { checkOptions } from '../../util/options.ts';
import type { SiteInit } from '../initialisation/siteInit.ts';
import { initToConstant, initToMedian, initToValue } from '../initialisation/strategies.ts';
import { Callable } from './callable.ts';
import type { Subsamples } from './guidePlates.ts';
import { GuidePlates } from './guidePlates.ts';
import type { GuideSite } from './guideSite.ts';
import { findGuideSites, initialValues } from './guideSite.ts';
import { modelStack } from './modelStack.ts';

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

/** A call of a guide: the model's arguments, and the handlers in force. */
interface Call<A> {
  readonly args: A | [];
  readonly stack: Stack;
}

/**
 * A guide made from its model: a function of the model's arguments that samples all latent sites of the model, and returns
 * their values by name.
 *
 * When it is first needed it runs the model once to find the latent sites, under the handlers in force, so that what
 * `condition` observes is not guided. Where sites begin is found by another run, when a parameter is first made: a guide
 * whose parameters were loaded never asks.
 */
export abstract class AutoGuide<A extends unknown[]> extends Callable<A, SiteValues> {
  readonly model: (...args: A) => unknown;
  readonly prefix: string;
  /** The class as users call it, for error messages. */
  protected readonly className: string;
  private readonly options: AutoGuideOptions<A>;
  private sites: readonly GuideSite[] | null = null;
  private stream: RandomStream | null = null;
  private initial: ReadonlyMap<string, Float32Array> | null = null;
  private current: Call<A> | null = null;

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

  /** The statements that sample all sites, each inside of its plates. */
  protected abstract sampleSites(sites: readonly GuideSite[], plates: GuidePlates): SiteValues;

  /** The values in the middle of what the guide believes of each site: of shape `site.shape`. Runs inside of `tf.tidy`. */
  protected abstract medians(sites: readonly GuideSite[]): SiteValues;

  /** Samples all latent sites. */
  protected override run(...args: A): SiteValues {
    // Handlers, if there are any, may want the tensors behind the values too: the parameters of their distributions.
    return currentStack() === null ? tf.tidy(() => this.sampleAll(args)) : this.sampleAll(args);
  }

  private sampleAll(args: A | []): SiteValues {
    return this.withSites(args, (sites) => this.sampleSites(sites, new GuidePlates(this.options.subsample?.(...(args as A)))));
  }

  /**
   * The medians of all latent sites, each element by itself, with plates in full. The caller disposes them.
   *
   * @param args - the model's arguments; not needed once the guide has been used.
   */
  median(...args: A | []): SiteValues {
    return this.withSites(args, (sites) => tf.tidy(() => this.medians(sites)));
  }

  /** One draw of all latent sites. The caller disposes it. @param args - the model's arguments. */
  samplePosterior(...args: A | []): SiteValues {
    return tf.tidy(() => this.sampleAll(args));
  }

  /**
   * Runs `body` with the latent sites of the model. The first call runs the model with `args`.
   *
   * @throws SiteError for a site that this guide cannot guide, or whose initial value does not fit.
   */
  protected withSites<R>(args: A | [], body: (sites: readonly GuideSite[]) => R): R {
    const before = this.current;
    this.current = { args, stack: modelStack() };
    try {
      return body(this.setUp());
    } finally {
      this.current = before;
    }
  }

  /** The stream that initial values are drawn from; the same at every call. */
  protected get initStream(): RandomStream {
    this.stream ??= randomStream(`${this.prefix}.init`);
    return this.stream;
  }

  private setUp(): readonly GuideSite[] {
    if (this.sites !== null) return this.sites;
    const stream = this.initStream;
    const sites = this.runModel('it has not seen the model run yet', (model) => findGuideSites(model, stream, (name) => this.initialOf(name)));
    this.checkSites(sites);
    this.sites = sites;
    return sites;
  }

  private initialOf(name: string): Float32Array {
    this.initial ??= this.runModel('its parameters are not in the store', (model) =>
      initialValues(model, strategyOf(this.options.initLoc), this.initStream),
    );
    const value = this.initial.get(name);
    if (value === undefined) throw new Error(`${this.className}: the model has no latent site "${name}" any more`);
    return value;
  }

  /** @param why - why the model has to be run, for the complaint that its arguments are not there. */
  private runModel<R>(why: string, body: (model: () => unknown) => R): R {
    const { args, stack } = this.current ?? { args: [], stack: modelStack() };
    if (args.length < this.model.length) {
      throw new Error(
        `${this.className}: ${why}, and the model takes ${this.model.length} argument(s); give them here, or train the guide first`,
      );
    }
    return withStack(stack, () => body(() => this.model(...(args as A))));
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
}

function strategyOf(initLoc: InitLoc = initToMedian()): SiteInit {
  if (typeof initLoc === 'function') return initLoc;
  return typeof initLoc === 'number' ? initToConstant(initLoc) : initToValue(initLoc, initToMedian());
}

/** `value` of each site, by the site's name. */
export function bySite<V>(sites: readonly GuideSite[], value: (site: GuideSite) => V): Record<string, V> {
  return Object.fromEntries(sites.map((site) => [site.name, value(site)]));
}
