/** @file One prior for all weights. */
import type { PriorFilter } from './filter.ts';
import { Exposure } from './filter.ts';
import type { Distribution } from './prior.ts';
import { Prior } from './prior.ts';

export class IidPrior extends Prior {
  private readonly distribution: Distribution;

  constructor(distribution: Distribution, filter?: PriorFilter) {
    super('priors.iid', new Exposure('priors.iid', filter));
    if (typeof (distribution as Partial<Distribution> | undefined)?.expand !== 'function') {
      throw new TypeError('priors.iid: the first argument must be a distribution, such as dist.normal(0, 1)');
    }
    this.distribution = distribution;
  }

  protected override distributionOf(): Distribution {
    return this.distribution;
  }
}

/**
 * The same distribution for every element of every weight, independently.
 *
 * @param distribution - of a scalar, such as `dist.normal(0, 1)`.
 * @param filter - which parameters it is for; all by default, those of normalisation layers too.
 */
export function iid(distribution: Distribution, filter?: PriorFilter): IidPrior {
  return new IidPrior(distribution, filter);
}
