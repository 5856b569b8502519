/** @file The values of sites, draw by draw, gathered into one array a site. */
import type { SiteValue } from './target.ts';

interface RecordedSite {
  readonly name: string;
  readonly data: Float64Array;
  readonly shape: readonly number[];
  readonly size: number;
}

/** Gathers draws whose sites have the same names and shapes every time. */
export class SiteRecorder {
  private readonly mostNumbers: number;
  private sites: readonly RecordedSite[] | null = null;
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

  /** Records a draw; its arrays are copied. @throws Error when a site is missing, new, or of another shape than before. */
  add(values: Readonly<Record<string, SiteValue>>): void {
    this.sites ??= this.allocate(values);
    const names = Object.keys(values);
    if (names.length !== this.sites.length) throw this.namesDiffer(names);
    for (const { name, data, shape, size } of this.sites) {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined) throw this.namesDiffer(names);
      if (value.data.length !== size) throw new Error(shapesDiffer(name, value.shape, shape));
      data.set(value.data, this.count * size);
    }
    this.count++;
  }

  /** The draws since the last call, each site of shape `[draw, ...site shape]`; the arrays are the caller's. */
  take(): Map<string, SiteValue> {
    const { count } = this;
    this.count = 0;
    const taken = new Map<string, SiteValue>();
    for (const { name, data, shape, size } of this.sites ?? []) {
      taken.set(name, { data: data.slice(0, count * size), shape: [count, ...shape] });
    }
    return taken;
  }

  private allocate(values: Readonly<Record<string, SiteValue>>): RecordedSite[] {
    const entries = Object.entries(values);
    const numbers = entries.reduce((sum, [, { data }]) => sum + data.length, 0);
    this.limit = Math.max(1, Math.min(1024, Math.floor(this.mostNumbers / Math.max(1, numbers))));
    return entries.map(([name, { data: { length: size }, shape }]) => {
      return { name, data: new Float64Array(this.limit * size), shape: [...shape], size };
    });
  }

  private namesDiffer(names: readonly string[]): Error {
    const before = (this.sites ?? []).map(({ name }) => name);
    return new Error(`the sites are ${before.join(', ')} at one draw, ${names.join(', ')} at another; ${CURE}`);
  }
}

const CURE = 'MCMC needs sites whose names and shapes do not depend on random values';

/** What to say of a site that has another shape at another draw. */
export function shapesDiffer(name: string, one: readonly number[], other: readonly number[]): string {
  return `site "${name}": shape [${one.join(', ')}] at one draw, [${other.join(', ')}] at another; ${CURE}`;
}
