/** @file A guide of the user's own, with the methods that automatic ones have. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { currentStack } from '../../runtime/stack.ts';
import { checkOptions } from '../../util/options.ts';
import type { SiteValues } from './autoGuide.ts';
import { Callable } from './callable.ts';
import { SampledSites } from './sampledSites.ts';

export interface AutoCallableOptions<A extends unknown[]> {
  /** The medians of its sites, by name, which the caller disposes. */
  readonly median?: (...args: A) => Readonly<Record<string, Tensor>>;
}

/**
 * A function that samples some of a model's latent sites: a part of {@link AutoGuideList}. It returns the values of its sites by
 * name, whatever the function itself returns.
 */
export class AutoCallable<A extends unknown[] = unknown[]> extends Callable<A, SiteValues> {
  readonly guide: (...args: A) => unknown;
  private readonly options: AutoCallableOptions<A>;

  /** @throws TypeError when the guide is not a function, or for unknown options. */
  constructor(guide: (...args: A) => unknown, options: AutoCallableOptions<A> = {}) {
    super();
    if (typeof guide !== 'function') throw new TypeError(`guides.AutoCallable: the guide must be a function, got ${typeof guide}`);
    checkOptions('guides.AutoCallable', options, ['median']);
    this.guide = guide;
    this.options = options;
  }

  /** What the option `median` gives. @throws Error when that was left out. */
  median(...args: A): SiteValues {
    if (this.options.median === undefined) {
      throw new Error('guides.AutoCallable: nobody knows the medians of a function; say what they are by its option { median }');
    }
    return { ...this.options.median(...args) };
  }

  /** One draw of its sites. The caller disposes it. */
  samplePosterior(...args: A): SiteValues {
    return tf.tidy(() => this.run(...args));
  }

  protected override run(...args: A): SiteValues {
    const sites = new SampledSites();
    const sample = (): SiteValues => {
      sites.run(() => this.guide(...args));
      return sites.values;
    };
    return currentStack() === null ? tf.tidy(sample) : sample();
  }
}
