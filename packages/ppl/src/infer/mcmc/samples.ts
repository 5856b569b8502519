/** @file Draws as their users see them: an array a site. */
import { breathe } from '../../util/breathe.ts';
import type { ChainDraws } from './draws.ts';
import type { Target } from './target.ts';

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

/**
 * The values of all sites at all draws.
 *
 * @param draws - each chain's, all of the same number.
 * @throws Error when a site changes its shape from draw to draw.
 */
export async function constrainDraws(
  target: Pick<Target, 'constrain'>,
  draws: readonly ChainDraws[],
): Promise<Map<string, SiteDraws>> {
  const sites = new Map<string, SiteDraws>();
  const total = draws.reduce((sum, chain) => sum + chain.count, 0);
  let row = 0;
  let lastBreath = performance.now();
  for (const { positions, dimension, count } of draws) {
    for (let draw = 0; draw < count; draw++, row++) {
      const values = target.constrain(positions.subarray(draw * dimension, (draw + 1) * dimension));
      for (const [name, { data, shape }] of Object.entries(values)) {
        let site = sites.get(name);
        if (site === undefined) {
          site = { data: new Float64Array(total * data.length), shape: [...shape] };
          sites.set(name, site);
        }
        if (data.length * total !== site.data.length) {
          throw new Error(
            `site "${name}": shape [${shape.join(', ')}] at one draw, [${site.shape.join(', ')}] at another; ` +
              'MCMC needs sites whose shapes do not depend on random values',
          );
        }
        site.data.set(data, row * data.length);
      }
      if (performance.now() - lastBreath > 30) {
        await breathe();
        lastBreath = performance.now();
      }
    }
  }
  return sites;
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
  const size = shape.reduce((product, length) => product * length, 1);
  if (size === 0) return;
  const numDraws = data.length / size / numChains;
  for (let scalar = 0; scalar < size; scalar++) {
    const chains = Array.from({ length: numChains }, (_, chain) =>
      Float64Array.from({ length: numDraws }, (_, draw) => data[(chain * numDraws + draw) * size + scalar] ?? 0),
    );
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
