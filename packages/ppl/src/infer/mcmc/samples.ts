/** @file Draws as their users see them: an array a site. */
import { shapesDiffer } from './siteRecorder.ts';
import type { SiteValue } from './target.ts';

/** Row-major float64 with its shape. */
export interface SampleArray {
  readonly data: Float64Array;
  readonly shape: number[];
}

/** The draws of one site, `[chain, draw, ...shape]`, row-major. */
export interface SiteDraws {
  readonly data: Float64Array;
  /** Of one draw. */
  readonly shape: readonly number[];
}

/** Room for the draws of all sites of a run, filled chain by chain in any order. */
export class SampleStore {
  private readonly numChains: number;
  private readonly numDraws: number;
  private readonly sites: Map<string, SiteDraws> = new Map();

  /** @param numDraws - of each chain. */
  constructor(numChains: number, numDraws: number) {
    this.numChains = numChains;
    this.numDraws = numDraws;
  }

  /**
   * Records draws `first, first + 1, ...` of `chain`.
   *
   * @param values - each of shape `[draw, ...site shape]`.
   * @throws Error when a site has another shape than before.
   */
  set(chain: number, first: number, values: ReadonlyMap<string, SiteValue>): void {
    for (const [name, { data, shape }] of values) {
      const own = shape.slice(1);
      const size = sizeOf(own);
      let site = this.sites.get(name);
      if (site === undefined) {
        site = { data: new Float64Array(this.numChains * this.numDraws * size), shape: own };
        this.sites.set(name, site);
      } else if (size !== sizeOf(site.shape)) {
        throw new Error(shapesDiffer(name, own, site.shape));
      }
      site.data.set(data, (chain * this.numDraws + first) * size);
    }
  }

  /** Copies of the first `count` draws of a chain, by site; their shape is that of one draw. */
  drawsOf(chain: number, count: number): Map<string, SiteDraws> {
    const draws = new Map<string, SiteDraws>();
    for (const [name, { data, shape }] of this.sites) {
      const size = sizeOf(shape);
      const first = chain * this.numDraws * size;
      draws.set(name, { data: data.slice(first, first + count * size), shape });
    }
    return draws;
  }

  /** The draws of `chains`, in that order: the store's own arrays if these are all, else copies. */
  ofChains(chains: readonly number[]): Map<string, SiteDraws> {
    if (chains.length === this.numChains) return this.sites;
    const chosen = new Map<string, SiteDraws>();
    for (const [name, { data, shape }] of this.sites) {
      const length = this.numDraws * sizeOf(shape);
      const copy = new Float64Array(chains.length * length);
      chains.forEach((chain, i) => copy.set(data.subarray(chain * length, (chain + 1) * length), i * length));
      chosen.set(name, { data: copy, shape });
    }
    return chosen;
  }
}

/**
 * The scalars of a site, each named and seen as chains.
 *
 * A site without dimensions is one scalar under its own name; else indices count from 0, as in `theta[3]`, `w[1,2]`.
 */
export function* scalarChains(
  name: string,
  { data, shape }: SiteDraws,
  numChains: number,
): Generator<[name: string, chains: Float64Array[]]> {
  const size = sizeOf(shape);
  if (size === 0) return;
  const numDraws = data.length / size / numChains;
  for (let scalar = 0; scalar < size; scalar++) {
    const chains = Array.from({ length: numChains }, (_, chain) => {
      const draws = new Float64Array(numDraws);
      let at = chain * numDraws * size + scalar;
      for (let draw = 0; draw < numDraws; draw++, at += size) draws[draw] = data[at] ?? 0;
      return draws;
    });
    yield [scalarName(name, shape, scalar), chains];
  }
}

/** The name of the entry at row-major position `index` of a site. */
export function scalarName(name: string, shape: readonly number[], index: number): string {
  if (shape.length === 0) return name;
  const indices: number[] = [];
  let rest = index;
  for (const length of shape.toReversed()) {
    indices.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return `${name}[${indices.join(',')}]`;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
