/** @file What priors have in common. */
import type { dist } from '@tychejs/ppl';
import type { NetParameter } from '../lift/net.ts';
import type { Exposure } from './filter.ts';

export type Distribution = dist.Distribution;

/** Gives weights their prior distributions. */
export abstract class Prior {
  /** `priors.iid`, for error messages. */
  protected readonly where: string;
  private readonly exposure: Exposure;

  protected constructor(where: string, exposure: Exposure) {
    this.where = where;
    this.exposure = exposure;
  }

  /** The distribution of one exposed parameter: of its shape, or expanding to it. `null` leaves it a plain parameter. */
  protected abstract distributionOf(parameter: NetParameter): Distribution | null;

  /**
   * A distribution for each parameter that the prior exposes, by name; its event is the whole parameter.
   *
   * @param parameters - all of the net's.
   * @param wanted - the names of those that it is asked for; all by default.
   * @throws Error when the filter does not fit the parameters, or a distribution does not expand to its parameter's shape.
   */
  apply(parameters: readonly NetParameter[], wanted?: ReadonlySet<string>): Map<string, Distribution> {
    const distributions = new Map<string, Distribution>();
    for (const parameter of this.exposure.exposed(parameters)) {
      if (wanted?.has(parameter.name) === false) continue;
      const distribution = this.distributionOf(parameter);
      if (distribution !== null) distributions.set(parameter.name, this.fill(distribution, parameter));
    }
    return distributions;
  }

  private fill(distribution: Distribution, { name, shape }: NetParameter): Distribution {
    const { batchShape, eventShape } = distribution;
    const batchRank = shape.length - eventShape.length;
    try {
      if (!eventShape.every((size, i) => size === shape[batchRank + i])) throw new Error('event shape');
      return distribution.expand(shape.slice(0, Math.max(0, batchRank))).toEvent(Math.max(0, batchRank));
    } catch {
      throw new Error(
        `${this.where}: the distribution for "${name}" has batch shape [${batchShape.join(', ')}] and event shape ` +
          `[${eventShape.join(', ')}], which does not expand to the parameter's shape [${shape.join(', ')}]`,
      );
    }
  }
}
