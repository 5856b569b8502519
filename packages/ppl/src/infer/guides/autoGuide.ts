/** @file What all automatic guides share: finding the model's latent sites, and where they begin. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { warnOfUnused } from '../../handlers/data.ts';
import { randomStream } from '../../primitives.ts';
import type { RandomStream } from '../../random/stream.ts';
import type { Stack } from '../../runtime/stack.ts';
import { currentStack, withStack } from '../../runtime/stack.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { checkOptions } from '../../util/options.ts';
import { Callable } from './callable.ts';
import { followModel } from './followModel.ts';
import type { Subsamples } from './guidePlates.ts';
import { GuidePlates } from './guidePlates.ts';
import type { GuideSite } from './guideSite.ts';
import { findGuideSites } from './guideSite.ts';
import type { InitialPoint, InitialValue } from './initialPoint.ts';
import { findInitialPoint } from './initialPoint.ts';
import type { InitLoc } from './initLoc.ts';
import { candidates } from './initLoc.ts';
import { tryOut } from './latentTrace.ts';
import { modelStack } from './modelStack.ts';
import { quantilesOfDraws } from './quantiles.ts';

export interface AutoGuideOptions<A extends unknown[]> {
  /**
   * Where to begin, in the support of each site; by default, and for sites that a record leaves out, as `infer.initToMedian()` says.
   * Where the log density is not finite there, or its slopes are not, the guide begins elsewhere: at `infer.initToFeasible()`, or
   * else at some draw of `infer.initToUniform()`. Where a strategy says to begin, slopes are not looked at, and there is a warning.
   * Given values are never changed.
   */
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
 * `condition` observes is not guided. Where sites begin is found by other runs, when a parameter is first made: a guide
 * whose parameters were loaded never asks.
 *
 * Where the support of a site depends on other sites, as in `uniform(0, a)`, each run of the guide runs the model too, as far as
 * its last latent site, to learn which supports there are.
 */
export abstract class AutoGuide<A extends unknown[]> extends Callable<A, SiteValues> {
  readonly model: (...args: A) => unknown;
  readonly prefix: string;
  /** The class as users call it, for error messages. */
  protected readonly className: string;
  private readonly options: AutoGuideOptions<A>;
  private sites: readonly GuideSite[] | null = null;
  private stream: RandomStream | null = null;
  private initial: InitialPoint | null = null;
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
   * The medians of all latent sites, each element by itself, with plates in full; those of sites whose support depends on other
   * sites are the medians given that the others are at theirs. The caller disposes them.
   *
   * @param args - the model's arguments; not needed once the guide has been used, unless supports depend on other sites.
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

  /** `value` of each site, by the site's name: under supports that depend on other sites, in a run of the model. */
  protected eachSite(sites: readonly GuideSite[], value: (site: GuideSite) => Tensor): SiteValues {
    if (!sites.some(({ hasMovingSupport }) => hasMovingSupport)) return bySite(sites, value);
    const own = currentStack();
    const stream = randomStream(`${this.prefix}.follow`);
    return this.runModel('supports depend on other sites', (model) =>
      followModel(model, sites, stream, (site) => withStack(own, () => value(site))),
    );
  }

  /**
   * Quantiles of each site: `closedForm`, or if the support depends on other sites those of 1,000 draws, the same ones at every
   * call. Runs inside of `tf.tidy`.
   */
  protected quantilesOf(sites: readonly GuideSite[], qs: readonly number[], closedForm: (site: GuideSite) => Tensor): SiteValues {
    const moving = sites.filter(({ hasMovingSupport }) => hasMovingSupport);
    // Not for those outside to see.
    const draw = (): SiteValues => withStack(modelStack(), () => this.sampleSites(sites, new GuidePlates()));
    const drawn = moving.length === 0 ? {} : quantilesOfDraws(draw, moving, qs);
    return bySite(sites, (site) => drawn[site.name] ?? closedForm(site));
  }

  private setUp(): readonly GuideSite[] {
    if (this.sites !== null) return this.sites;
    const stream = this.initStream;
    const sites = this.runModel('it has not seen the model run yet', (model, isCallComplete) => {
      if (!isCallComplete) tryOut(model, stream);
      return findGuideSites(model, stream, (name) => this.initialOf(name));
    });
    this.checkSites(sites);
    this.sites = sites;
    return sites;
  }

  private initialOf(name: string): InitialValue {
    const { initLoc } = this.options;
    const names = this.sites?.map((site) => site.name) ?? [];
    this.initial ??= this.runModel('its parameters are not in the store', (model) =>
      findInitialPoint(model, candidates(initLoc, names), {
        stream: this.initStream,
        isStrategyChosen: typeof initLoc === 'function',
        where: this.className,
      }),
    );
    const value = this.initial.get(name);
    if (value === undefined) throw new Error(`${this.className}: the model has no latent site "${name}" any more`);
    return value;
  }

  /** @param why - why the model has to be run, for the complaint that its arguments are not there. */
  private runModel<R>(why: string, body: (model: () => unknown, isCallComplete: boolean) => R): R {
    const { args, stack } = this.current ?? { args: [], stack: modelStack() };
    // Arguments may be optional, for all that anybody can tell.
    const isCallComplete = args.length >= this.model.length;
    try {
      return withStack(stack, () => body(() => this.model(...(args as A)), isCallComplete));
    } catch (error) {
      if (isCallComplete) throw error;
      throw new Error(
        `${this.className}: ${why}, and the model takes ${this.model.length} argument(s); give them here, or train the guide first. ` +
          `Without them: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }

  /** Looks at the sites that were found, once. */
  protected checkSites(sites: readonly GuideSite[]): void {
    this.warnOfUnknown('initLoc', this.options.initLoc, sites);
    if (!sites.some(({ hasMovingSupport }) => hasMovingSupport)) return;
    for (const site of sites) {
      const frame = site.plates.find(({ size, subsampleSize }) => size !== subsampleSize);
      if (frame !== undefined) throw this.subsampled(site, frame.name);
    }
  }

  private subsampled(site: GuideSite, plate: string): SiteError {
    return new SiteError(
      { type: 'sample', name: site.name },
      `stands in plate "${plate}", which subsamples, and supports in this model depend on other latent sites: guides can follow only one ` +
        'of these. Sample sites of fixed support and compute the values from them, as in a * u with u uniform on (0, 1) instead of ' +
        'uniform on (0, a)',
    );
  }

  /** Warns when `option` is a record with names that are no latent sites. */
  protected warnOfUnknown(option: string, value: unknown, sites: readonly GuideSite[]): void {
    if (typeof value !== 'object' || value === null) return;
    const names = new Set(sites.map((site) => site.name));
    warnOfUnused(`${this.className}: ${option}`, 'latent site', value, names, names);
  }
}

/** `value` of each site, by the site's name. */
export function bySite<V>(sites: readonly GuideSite[], value: (site: GuideSite) => V): Record<string, V> {
  return Object.fromEntries(sites.map((site) => [site.name, value(site)]));
}
