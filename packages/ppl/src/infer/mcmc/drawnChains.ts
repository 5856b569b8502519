/** @file The draws of several chains as their users see them: arrays, and a summary. */
import { checkOptions } from '../../util/options.ts';
import { scalarChains, type SampleArray, type SiteDraws } from './samples.ts';
import { summariseScalar, type Summary } from './summary.ts';

/** Whether draws are wanted chain by chain. */
export interface ChainGrouping {
  readonly groupByChain?: boolean;
}

/** The draws of complete chains, equally many of each. */
export class DrawnChains {
  readonly numChains: number;
  readonly numDraws: number;
  private readonly sites: ReadonlyMap<string, SiteDraws>;
  private cachedSummary: Summary | null = null;

  constructor(sites: ReadonlyMap<string, SiteDraws>, numChains: number, numDraws: number) {
    this.sites = sites;
    this.numChains = numChains;
    this.numDraws = numDraws;
  }

  /** By site, of shape [draw, ...site shape], or with `groupByChain` [chain, draw, ...site shape]. */
  samples(options: ChainGrouping): Record<string, SampleArray> {
    const leading = this.drawShape('getSamples', options);
    return Object.fromEntries(Array.from(this.sites, ([name, { data, shape }]) => [name, { data, shape: [...leading, ...shape] }]));
  }

  /** The shape of something that each draw has one of. @param where - begins error messages. */
  drawShape(where: string, options: ChainGrouping): number[] {
    checkOptions(where, options, ['groupByChain']);
    const { numChains, numDraws } = this;
    return options.groupByChain === true ? [numChains, numDraws] : [numChains * numDraws];
  }

  /** By scalar; worked out when first asked for. */
  summary(): Summary {
    if (this.cachedSummary === null) {
      this.cachedSummary = {};
      for (const [site, siteDraws] of this.sites) {
        for (const [name, scalar] of scalarChains(site, siteDraws, this.numChains)) this.cachedSummary[name] = summariseScalar(scalar);
      }
    }
    return { ...this.cachedSummary };
  }
}
