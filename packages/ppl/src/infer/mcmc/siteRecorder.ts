/** @file The values of sites, draw by draw, gathered into one array a site. */
import type { SiteValue } from './target.ts';

interface Recorded {
  readonly data: Float64Array;
  readonly shape: readonly number[];
  readonly size: number;
}

/** Gathers draws whose sites have the same names and shapes every time. */
export class SiteRecorder {
  private readonly mostNumbers: number;
  private sites: Map<string, Recorded> | null = null;
  private count = 0;
  /** How many draws fit in: known once there is one. */
  private limit = Infinity;

  /** @param mostNumbers - about how many numbers there is room for; for one draw there always is. */
  constructor(mostNumbers: number) {
    this.mostNumbers = mostNumbers;
  }

  get room(): number {
    return this.limit;
  }

  /** @throws Error when a site is missing, new, or of another shape than before. */
  add(values: Readonly<Record<string, SiteValue>>): void {
    const entries = Object.entries(values);
    this.sites ??= this.allocate(entries);
    for (const [name, { data, shape }] of entries) {
      const site = this.sites.get(name);
      if (site === undefined) throw new Error(`site "${name}": there is one at one draw, and none at another; ${CURE}`);
      if (data.length !== site.size) throw new Error(shapesDiffer(name, shape, site.shape));
      site.data.set(data, this.count * site.size);
    }
    if (entries.length !== this.sites.size) {
      throw new Error(`the sites are ${[...this.sites.keys()].join(', ')} at one draw, ${Object.keys(values).join(', ')} at another; ${CURE}`);
    }
    this.count++;
  }

  /** The draws since the last call, each site of shape `[draw, ...site shape]`; the arrays are the caller's. */
  take(): Map<string, SiteValue> {
    const { count } = this;
    this.count = 0;
    const taken = new Map<string, SiteValue>();
    for (const [name, { data, shape, size }] of this.sites ?? []) {
      taken.set(name, { data: data.slice(0, count * size), shape: [count, ...shape] });
    }
    return taken;
  }

  private allocate(entries: readonly [string, SiteValue][]): Map<string, Recorded> {
    const numbers = entries.reduce((sum, [, { data }]) => sum + data.length, 0);
    this.limit = Math.max(1, Math.min(1024, Math.floor(this.mostNumbers / Math.max(1, numbers))));
    return new Map(
      entries.map(([name, { data, shape }]) => [
        name,
        { data: new Float64Array(this.limit * data.length), shape: [...shape], size: data.length },
      ]),
    );
  }
}

const CURE = 'MCMC needs sites whose names and shapes do not depend on random values';

/** What to say of a site that has another shape at another draw. */
export function shapesDiffer(name: string, one: readonly number[], other: readonly number[]): string {
  return `site "${name}": shape [${one.join(', ')}] at one draw, [${other.join(', ')}] at another; ${CURE}`;
}
