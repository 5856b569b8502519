/** @file A guide made of guides. */
import * as tf from '@tensorflow/tfjs-core';
import type { TensorContainer } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.ts';
import { randomStream } from '../../primitives.ts';
import { currentStack, withStack } from '../../runtime/stack.ts';
import { AutoCallable } from './autoCallable.ts';
import { AutoGuide } from './autoGuide.ts';
import type { SiteValues } from './autoGuide.ts';
import { Callable } from './callable.ts';
import { latentNames } from './guideSite.ts';
import { modelStack } from './modelStack.ts';
import { SampledSites } from './sampledSites.ts';

/** A guide over some of the latent sites of a model. */
export type GuidePart<A extends unknown[]> = AutoGuide<A> | AutoGuideList<A> | AutoCallable<A>;

/**
 * Guides that share the latent sites of a model among them. Sites of different parts are independent, but for what a function
 * makes of the sites that it samples itself.
 *
 * ```ts
 * const guide = new guides.AutoGuideList(model);
 * guide.append(new guides.AutoMultivariateNormal(handlers.block(model, { expose: ['weights'] })));
 * guide.append(new guides.AutoNormal(handlers.block(model, { hide: ['weights'] })));
 * ```
 *
 * A part's model hides the sites of the other parts, which it then draws from their priors when it looks for its own.
 */
export class AutoGuideList<A extends unknown[] = unknown[]> extends Callable<A, SiteValues> {
  readonly model: (...args: A) => unknown;
  private readonly parts: GuidePart<A>[] = [];
  /** The latent sites of the model, which the parts must share out. */
  private expected: ReadonlySet<string> | null = null;

  /** @throws TypeError when the model is not a function. */
  constructor(model: (...args: A) => unknown) {
    super();
    if (typeof model !== 'function') throw new TypeError(`guides.AutoGuideList: model must be a function, got ${typeof model}`);
    this.model = model;
  }

  /**
   * Adds a part.
   *
   * @param part - an automatic guide, or a function that samples sites itself.
   * @returns this list.
   * @throws TypeError when it is neither; Error when it is the list itself, or in the list already.
   */
  append(part: GuidePart<A> | ((...args: A) => unknown)): this {
    if (typeof part !== 'function') throw new TypeError(`guides.AutoGuideList: a part must be a guide or a function, got ${typeof part}`);
    if (part === this || this.parts.includes(part as GuidePart<A>)) throw new Error('guides.AutoGuideList: a guide cannot be a part twice, or of itself');
    this.parts.push(isPart<A>(part) ? part : new AutoCallable<A>(part));
    return this;
  }

  /**
   * The medians of all latent sites. The caller disposes them.
   *
   * @throws Error when a part does not know its medians.
   */
  median(...args: A | []): SiteValues {
    return this.merged((part) => (part as AutoGuide<A>).median(...args));
  }

  /**
   * Quantiles of each element of each latent site. The caller disposes them.
   *
   * @param qs - probabilities between 0 and 1.
   * @returns by site, tensors of shape `[qs.length] + shape of the site`.
   * @throws Error when a part does not know its quantiles.
   */
  quantiles(qs: readonly number[], ...args: A | []): SiteValues {
    return this.merged((part, i) => {
      if ('quantiles' in part) return (part as AutoGuideList<A>).quantiles(qs, ...args);
      throw new Error(`guides.AutoGuideList: part ${i}, ${part.constructor.name}, does not know its quantiles`);
    });
  }

  /**
   * What the parts believe of their sites now, as distributions that do not move with them: priors for what comes next.
   *
   * @param names - which sites; all by default.
   * @returns by site, distributions whose tensors are the caller's; `tf.dispose` of the result frees them.
   * @throws Error when a name is not a latent site, or a part has no such distributions.
   */
  getDetachedDistributions(names?: readonly string[]): Record<string, Distribution> {
    const all = this.merged((part, i) => {
      if ('getDetachedDistributions' in part) return (part as AutoGuideList<A>).getDetachedDistributions() as unknown as SiteValues;
      throw new Error(`guides.AutoGuideList: part ${i}, ${part.constructor.name}, has no detached distributions`);
    }) as unknown as Record<string, Distribution>;
    const unknown = names?.find((name) => all[name] === undefined);
    const left = Object.entries(all).filter(([name]) => unknown !== undefined || names?.includes(name) === false);
    tf.dispose(left.map(([, distribution]) => distribution) as unknown as TensorContainer);
    if (unknown !== undefined) throw new Error(`guides.AutoGuideList: "${unknown}" is not one of its sites: ${Object.keys(all).join(', ')}`);
    for (const [name] of left) Reflect.deleteProperty(all, name);
    return all;
  }

  /** One draw of all latent sites. The caller disposes it. @param args - the model's arguments. */
  samplePosterior(...args: A | []): SiteValues {
    return tf.tidy(() => this.sampleAll(args));
  }

  protected override run(...args: A): SiteValues {
    return currentStack() === null ? tf.tidy(() => this.sampleAll(args)) : this.sampleAll(args);
  }

  private sampleAll(args: A | []): SiteValues {
    const owners = new Map<string, number>();
    const values: SiteValues = {};
    this.parts.forEach((part, i) => {
      const sites = new SampledSites((name) => this.claim(name, i, owners));
      sites.run(() => part(...(args as A)));
      Object.assign(values, sites.values);
    });
    this.checkCoverage(values, args);
    return values;
  }

  private claim(name: string, part: number, owners: Map<string, number>): void {
    const other = owners.get(name);
    if (other === part) throw new Error(`guides.AutoGuideList: part ${part} samples it twice`);
    if (other !== undefined) {
      throw new Error(
        `guides.AutoGuideList: parts ${other} and ${part} both sample it. Hide it from one of them (handlers.block(model, ` +
          "{ hide: [...] })), or, if it is a part's own, give one of them another name with { prefix: '...' }",
      );
    }
    owners.set(name, part);
  }

  private checkCoverage(values: SiteValues, args: A | []): void {
    if (this.expected === null) {
      if (args.length < this.model.length) return;
      const names = withStack(modelStack(), () => latentNames(() => this.model(...(args as A)), randomStream('AutoGuideList')));
      this.expected = new Set(names);
    }
    const missing = [...this.expected].filter((name) => values[name] === undefined);
    if (missing.length === 0) return;
    throw new Error(
      `guides.AutoGuideList: no part samples ${missing.map((name) => `"${name}"`).join(', ')}. Append a guide for ` +
        `${missing.length === 1 ? 'it' : 'them'}: one of handlers.block(model, { expose: [...] }), or a function that samples`,
    );
  }

  private merged(values: (part: GuidePart<A>, i: number) => SiteValues): SiteValues {
    const results: SiteValues[] = [];
    try {
      this.parts.forEach((part, i) => results.push(values(part, i)));
    } catch (error) {
      tf.dispose(results);
      throw error;
    }
    return Object.assign({}, ...results) as SiteValues;
  }
}

function isPart<A extends unknown[]>(part: object): part is GuidePart<A> {
  return part instanceof AutoGuide || part instanceof AutoGuideList || part instanceof AutoCallable;
}
