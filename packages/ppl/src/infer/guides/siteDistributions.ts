/** @file Distributions of single sites. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { real } from '../../constraints/real.ts';
import { sameSet } from '../../constraints/same.ts';
import type { Distribution } from '../../distributions/distribution.ts';
import { multivariateNormal } from '../../distributions/multivariateNormal.ts';
import { normal } from '../../distributions/normal.ts';
import { transformed } from '../../distributions/transformed.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { reshape } from '../../transforms/reshape.ts';
import { sameShape } from '../../util/shape.ts';
import { bySite } from './autoGuide.ts';
import type { GuideSite } from './guideSite.ts';

/** Independent normals in unconstrained space, carried over to the support of the site. */
export function normalOnto({ support, transform, unconstrainedEventDim }: GuideSite, loc: Tensor, scale: Tensor): Distribution {
  const unconstrained = normal(loc, scale).toEvent(unconstrainedEventDim);
  return sameSet(support, real) ? unconstrained : transformed(unconstrained, [transform]);
}

/** A distribution of vectors in unconstrained space, carried over to the support of the site and its shape. */
export function vectorOnto({ support, transform, unconstrainedShape }: GuideSite, vector: Distribution): Distribution {
  const shaped = sameShape(vector.eventShape, unconstrainedShape) ? [] : [reshape(vector.eventShape, unconstrainedShape)];
  const transforms = sameSet(support, real) ? shaped : [...shaped, transform];
  return transforms.length === 0 ? vector : transformed(vector, transforms);
}

/**
 * The multivariate normal of one site's elements, with covariance R Rᵀ.
 *
 * @param loc - means, of any shape.
 * @param rows - R: the site's rows of the lower triangular factor of the covariance of all sites.
 */
export function normalOfRows(loc: Tensor, rows: Tensor): Distribution {
  const [size = 0, dimension = 0] = rows.shape;
  const covariance = size === dimension ? { scaleTril: rows } : { covarianceMatrix: tf.matMul(rows as Tensor2D, rows as Tensor2D, false, true) };
  return multivariateNormal(tf.reshape(loc, [size]), covariance);
}

function noDistribution(where: string, { name, support }: GuideSite): SiteError {
  return new SiteError(
    { type: 'sample', name },
    `its support, ${support.name}, depends on other latent sites, so that ${where} has no distribution for it alone; leave it out of the names`,
  );
}

/**
 * The distributions of the sites that are named; of all sites if none is.
 *
 * @throws Error when a name is not a latent site; SiteError for a site whose support depends on other sites.
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
  for (const site of chosen) if (site.hasMovingSupport) throw noDistribution(where, site);
  return bySite(chosen, distribution);
}
