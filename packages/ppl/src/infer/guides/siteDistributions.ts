/** @file Distributions of single sites. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { real } from '../../constraints/real.ts';
import { sameSet } from '../../constraints/same.ts';
import type { Distribution } from '../../distributions/distribution.ts';
import { normal } from '../../distributions/normal.ts';
import { transformed } from '../../distributions/transformed.ts';
import { bySite } from './autoGuide.ts';
import type { GuideSite } from './guideSite.ts';

/** Independent normals in unconstrained space, carried over to the support of the site. */
export function normalOnto({ support, transform, unconstrainedEventDim }: GuideSite, loc: Tensor, scale: Tensor): Distribution {
  const unconstrained = normal(loc, scale).toEvent(unconstrainedEventDim);
  return sameSet(support, real) ? unconstrained : transformed(unconstrained, [transform]);
}

/**
 * The distributions of the sites that are named; of all sites if none is.
 *
 * @throws Error when a name is not a latent site.
 */
export function detachedDistributions(
  where: string,
  sites: readonly GuideSite[],
  names: readonly string[] | undefined,
  distribution: (site: GuideSite) => Distribution,
): Record<string, Distribution> {
  const known = new Map(sites.map((site) => [site.name, site]));
  const chosen = (names ?? [...known.keys()]).map((name) => {
    const site = known.get(name);
    if (site === undefined) throw new Error(`${where}: "${name}" is not one of its sites: ${[...known.keys()].join(', ')}`);
    return site;
  });
  return bySite(chosen, distribution);
}
