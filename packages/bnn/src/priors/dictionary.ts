/** @file A prior for each weight, by name. */
import type { NetParameter } from '../lift/net.ts';
import type { PriorFilter } from './filter.ts';
import { Exposure } from './filter.ts';
import type { Distribution } from './prior.ts';
import { Prior } from './prior.ts';

const WHERE = 'priors.dictionary';

export class DictionaryPrior extends Prior {
  private readonly distributions: Readonly<Record<string, Distribution>>;

  constructor(distributions: Readonly<Record<string, Distribution>>, filter?: PriorFilter) {
    super(WHERE, new Exposure(WHERE, filter));
    this.distributions = distributions;
  }

  override apply(parameters: readonly NetParameter[], wanted?: ReadonlySet<string>): Map<string, Distribution> {
    const names = parameters.map(({ name }) => name);
    const unknown = Object.keys(this.distributions).find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Error(`${WHERE}: there is no parameter "${unknown}"; there are ${names.join(', ')}`);
    return super.apply(parameters, wanted);
  }

  protected override distributionOf({ name }: NetParameter): Distribution {
    const distribution = this.distributions[name];
    if (distribution === undefined) {
      const names = Object.keys(this.distributions).join(', ') || 'none';
      throw new Error(`${WHERE}: no distribution for "${name}", only for ${names}; add one, or hide the parameter`);
    }
    return distribution;
  }
}

/**
 * Distributions by the parameters' full names: of the parameter's shape, or expanding to it. What
 * `guide.getDetachedDistributions()` gives fits in here. Weights of one parameter may depend on one another (`multivariateNormal`,
 * and what guides with correlations give); those of two cannot, as each is drawn from its own distribution.
 *
 * @throws Error when applied, if an exposed parameter has no entry, or an entry no parameter.
 */
export function dictionary(distributions: Readonly<Record<string, Distribution>>, filter?: PriorFilter): DictionaryPrior {
  return new DictionaryPrior(distributions, filter);
}
